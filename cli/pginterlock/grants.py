"""Read who may update a table, and what a funnel took from whom."""

from dataclasses import replace
from typing import TypedDict

import psycopg

from pginterlock import database
from pginterlock.compiler import MachineNames, found_grant, found_record
from pginterlock.elements import TableName
from pginterlock.objects import DbObject
from pginterlock.table import Table, Taken, Updater


class Rights(TypedDict):
    """The fields of a `Table` that tell who may update it."""

    updaters: tuple[Updater, ...]
    taken: tuple[Taken, ...]
    has_row_security: bool
    is_owner_powerful: bool
    open_partitions: tuple[str, ...]
    trigger_makers: tuple[str, ...]


def of_table(connection: psycopg.Connection, name: TableName, machine: str, oid: int) -> Rights:
    """Return who may update table *name*, and what a funnel of *machine* took."""
    place = database.ask(connection, "funnel_place.sql", {"oid": oid})[0]
    return Rights(
        updaters=tuple(
            Updater(
                row["grantee"],
                row["is_whole"],
                row["is_grantable"],
                tuple(row["columns"]),
                row["is_reader"],
            )
            for row in database.ask(connection, "updaters.sql", {"oid": oid})
        ),
        taken=tuple(it for it, _ in _taken(connection, name, machine)),
        has_row_security=place["has_row_security"],
        is_owner_powerful=place["is_owner_powerful"],
        open_partitions=tuple(place["open_partitions"]),
        trigger_makers=tuple(place["trigger_makers"]),
    )


def roles(connection: psycopg.Connection) -> list[str]:
    """Return the names of all roles."""
    return [row[0] for row in connection.execute("select r.rolname::text from pg_roles as r")]


def lent(function: DbObject, owner: str, where: Table) -> DbObject:
    """Return *function* with its owner among its facts, where a funnel lends his rights by it."""
    name = f"{where.name.schema}.{MachineNames(function.machine).funnel}("
    if not function.name.startswith(name):
        return function
    return replace(function, facts=tuple(sorted([*function.facts, ("owner", owner)])))


def found(connection: psycopg.Connection, machine: str, where: Table) -> list[DbObject]:
    """Return the record of a funnel, and the grants that it left, as they are."""
    taken = _taken(connection, where.name, machine)
    if not taken:
        return []
    updaters = {it.grantee: it for it in where.updaters}
    objects = [found_record(machine, [it.grantee for it, _ in taken])]
    for it, may_fire in taken:
        if it.is_there:
            now = updaters.get(it.grantee, Updater(it.grantee, False, False, (), True))
            objects.append(
                found_grant(
                    machine,
                    where.name,
                    it,
                    now.columns,
                    is_whole=now.is_whole,
                    may_fire=may_fire,
                )
            )
    return objects


def _taken(
    connection: psycopg.Connection, name: TableName, machine: str
) -> list[tuple[Taken, bool]]:
    there = "select pg_catalog.has_table_privilege(to_regclass('interlock.funnel'), 'select')"
    if connection.execute(there).fetchone() != (True,):
        return []
    values = {
        "machine": machine,
        "schema": name.schema,
        "function": MachineNames(machine).funnel,
    }
    return [
        (
            Taken(row["grantee"], row["is_grantable"], tuple(row["columns"]), row["is_there"]),
            row["may_fire"],
        )
        for row in database.ask(connection, "funnel_taken.sql", values)
    ]
