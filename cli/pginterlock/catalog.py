"""Read a live database: who we are in it, its tables, and the objects of ours found there.

Everything is read inside `database.snapshot`, so that names come back in full.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

import psycopg
from psycopg import errors
from psycopg.rows import DictRow

from pginterlock import database, elsewhere, grants, indexes
from pginterlock.compiler import MachineNames, registry_facts, removal
from pginterlock.definition import machine_of
from pginterlock.elements import Expression, TableName
from pginterlock.fit import Problem
from pginterlock.model import Machine, SpecPath
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.table import UNREADABLE, Column, Kind, Rights, Table

OWNER = "interlock_owner"
_TEXT = ("text", "character varying", "character", '"char"')
_MOMENT = ("timestamp with time zone", "timestamp without time zone", "date")


def rights(connection: psycopg.Connection) -> Rights:
    """Return who we are, and what of ours is there already."""
    row = database.ask(connection, "rights.sql")[0]
    revision = None
    if row["has_version_table"]:
        try:
            with connection.transaction():
                found = connection.execute("select version_num from interlock.schema_version")
                revision = next((r[0] for r in found), None)
        except errors.InsufficientPrivilege:
            revision = UNREADABLE
    owner = row["schema_owner"] or (
        OWNER if row["owner_exists"] or row["can_create_role"] or row["is_superuser"] else ""
    )
    return Rights(
        role=row["role_name"],
        is_superuser=row["is_superuser"],
        can_create_role=row["can_create_role"] or row["is_superuser"],
        does_inherit=row["does_inherit"],
        owner=owner or row["role_name"],
        owner_exists=row["owner_exists"],
        is_member=row["is_member"],
        schema_exists=bool(row["schema_owner"]),
        is_schema_owner=row["is_schema_owner"],
        revision=revision,
        server_version=row["server_version"] // 10000,
        is_standby=row["is_standby"],
        is_read_only=row["is_read_only"],
        database=row["database_name"],
        can_create_schema=row["can_create_schema"],
    )


def table(connection: psycopg.Connection, name: TableName, machine: str) -> Table | None:
    """Return what the server knows of table *name*, or None."""
    found = database.ask(
        connection,
        "table.sql",
        {"schema": name.schema, "table": name.name, "machine": machine},
    )
    if not found:
        return None
    row = found[0]
    oid = {"oid": row["table_oid"]}
    return Table(
        name=name,
        oid=row["table_oid"],
        owner=row["owner_name"],
        columns=tuple(_column(c) for c in database.ask(connection, "columns.sql", oid)),
        primary_key=tuple(row["primary_key"]),
        unique_keys=tuple(
            tuple(k["key_columns"]) for k in database.ask(connection, "unique_keys.sql", oid)
        ),
        relation_kind=row["relation_kind"],
        persistence=row["persistence"],
        foreign_before_triggers=tuple(row["foreign_before_triggers"]),
        has_tombstones=row["has_tombstones"],
        partitions=tuple(TableName(*name) for name in row["partitions"]),
        is_ours=row["is_ours"],
        partition_columns=tuple(row["partition_columns"]),
        can_exclude=row["can_exclude"],
        **grants.of_table(connection, name, machine, row["table_oid"]),
    )


def with_targets(connection: psycopg.Connection, where: Table, machine: Machine) -> Table:
    """Return *where* with the other tables that *machine* speaks of, as far as they are there."""
    found = [table(connection, name, machine.name) for name in machine.targets_elsewhere]
    return replace(where, targets=tuple(it for it in found if it)) if found else where


def tables(connection: psycopg.Connection) -> list[TableName]:
    """Return every table of users, for what was perhaps meant."""
    return [
        TableName(row["schema_name"], row["table_name"])
        for row in database.ask(connection, "tables.sql")
    ]


def found_objects(connection: psycopg.Connection, machine: str, where: Table) -> list[DbObject]:
    """Return the objects of *machine* as the server stores them on table *where*."""
    names = MachineNames(machine)
    found = _functions(connection, names, where)
    for row in database.ask(connection, "found_triggers.sql", {"oid": where.oid}):
        if row["trigger_name"] in names.triggers:
            found.append(_trigger(row, machine))
    for row in database.ask(connection, "found_checks.sql", {"oid": where.oid}):
        if names.owns_check(row["constraint_name"], row["note"]):
            found.append(_check(row, machine, where))
    for row in database.ask(connection, "found_relations.sql", {"names": names.tables}):
        facts = dict(row["columns"] or {})
        if row["object_name"] == f"interlock.{names.audit}":
            facts["by_id"] = _yes(row["is_by_id"])
            facts["months"] = "ahead" if row["is_ahead"] else "missing"
        found.append(
            DbObject(
                ObjectKind.TABLE,
                row["object_name"],
                machine,
                tuple(sorted(facts.items())),
                drop=removal.drop_table(row["object_name"].removeprefix("interlock.")),
            )
        )
    found += _registry(connection, machine)
    found += _mirrors(connection, machine, in_force(found))
    found += grants.found(connection, machine, where)
    return found + indexes.found_indexes(connection, machine, where)


def in_force(found: Iterable[DbObject]) -> Machine | None:
    """Return the version of a machine that the registry among *found* objects keeps, if any.

    One that is no machine is none: it differs from what is wanted, whatever it says.
    """
    for it in found:
        if it.kind is ObjectKind.REGISTRY and it.name == it.machine:
            try:
                return machine_of(json.loads(dict(it.facts)["definition"]))
            except ValueError:
                return None
    return None


def installed(connection: psycopg.Connection, machine: str) -> Machine | None:
    """Return the version of *machine* that the registry has in force; None where it has none."""
    return in_force(_registry(connection, machine))


def _mirrors(
    connection: psycopg.Connection, machine: str, version: Machine | None
) -> list[DbObject]:
    functions = elsewhere.found_functions(connection, machine)
    rows = elsewhere.found_triggers(connection, machine, functions, version)
    return [*functions, *(_trigger(row, machine) for row in rows)]


def mirrors_left(connection: psycopg.Connection, machine: str) -> list[DbObject]:
    """Return what mirrors have left on other tables of a *machine* whose own table is gone."""
    return _mirrors(connection, machine, in_force(_registry(connection, machine)))


def stored_check(connection: psycopg.Connection, where: Table, expression: str) -> str:
    """Return how this server stores the CHECK *expression* on *where*: asked on a throwaway twin.

    Needs a transaction that may write; the caller rolls it back.
    """
    database.run(connection, removal.twin(where, expression))
    row = connection.execute(
        "select pg_catalog.pg_get_constraintdef(c.oid) from pg_catalog.pg_constraint as c"
        " where c.conrelid = 'pg_temp.interlock_twin'::regclass and c.conname = 'twin'"
    ).fetchone()
    database.run(connection, "alter table pg_temp.interlock_twin drop constraint twin")
    return str(row[0]).replace('"', "") if row else ""


def runtime_functions(connection: psycopg.Connection, names: Sequence[str]) -> list[DbObject]:
    """Return those functions of schema interlock that are called one of *names*.

    A name may have types behind it: then there are several of that name.
    """
    bare = [name.partition("(")[0] for name in names]
    values = {"names": bare, "schema": "", "table_functions": []}
    found = []
    for row in database.ask(connection, "found_functions.sql", values):
        full = row["object_name"].removeprefix("interlock.")
        found.append(
            replace(_function(row, ""), name=full if full in names else full.partition("(")[0])
        )
    return found


def probe(connection: psycopg.Connection, machine: Machine, where: Table) -> list[Problem]:
    """Ask the server whether it takes every expression of *machine*, on a throwaway copy.

    It says whether types fit, and whether an expression depends on more than its row. Call it
    inside a trial.
    """
    root: SpecPath = ("machines", machine.name)
    asked = [
        ((*root, "transitions", t.event, "guard"), t.guard)
        for t in machine.transitions
        if t.guard is not None
    ]
    asked += [((*root, "invariants", i.name), i.check) for i in machine.invariants]
    return _probed(connection, where, asked)


def probe_targets(connection: psycopg.Connection, machine: Machine, where: Table) -> list[Problem]:
    """Ask the server whether it takes what guards of *machine* ask of other tables.

    Each on a throwaway copy of its own.
    """
    problems: list[Problem] = []
    for move in machine.transitions:
        target = where.target(move.guard_on.table) if move.guard_on else None
        if move.guard_on and target:
            path = ("machines", machine.name, "transitions", move.event, "guard", "check")
            with database.trial(connection):
                database.run(connection, "set local search_path = pg_catalog, pg_temp")
                problems += _probed(connection, target, [(path, move.guard_on.check)])
    return problems


def _probed(
    connection: psycopg.Connection, where: Table, asked: Sequence[tuple[SpecPath, Expression]]
) -> list[Problem]:
    problems: list[Problem] = []
    for path, expression in asked:
        try:
            with connection.transaction():
                database.run(connection, removal.index_twin(where, expression.text))
        except (errors.DataError, errors.ProgrammingError, errors.NotSupportedError) as error:
            said = error.diag.message_primary or str(error)
            if isinstance(error, errors.InsufficientPrivilege):
                raise
            problems.append(Problem(path, f"{expression.text!r}: {said}"))
    return problems


def _functions(connection: psycopg.Connection, names: MachineNames, where: Table) -> list[DbObject]:
    found = database.ask(
        connection,
        "found_functions.sql",
        {
            "names": names.functions,
            "schema": where.name.schema,
            "table_functions": names.table_functions,
        },
    )
    return [grants.lent(_function(row, names.machine), row["owner_name"], where) for row in found]


def _function(row: DictRow, machine: str) -> DbObject:
    return DbObject(
        ObjectKind.FUNCTION,
        row["object_name"],
        machine,
        (
            ("body", row["body"]),
            ("language", row["language"]),
            ("security", "definer" if row["is_definer"] else "invoker"),
            ("settings", row["settings"]),
            ("volatility", row["volatility"]),
        ),
        drop=removal.drop_function(row["signature"]),
        signature=row["signature"],
    )


def _trigger(row: DictRow, machine: str) -> DbObject:
    table = TableName(row["schema_name"], row["table_name"])
    return DbObject(
        ObjectKind.TRIGGER,
        f"{table} {row['trigger_name']}",
        machine,
        (
            ("arguments", row["arguments"]),
            ("columns", row["columns"]),
            ("constraint", _yes(row["is_constraint"])),
            ("deferrable", _yes(row["is_deferrable"])),
            ("enabled", row["enabled"]),
            ("function", row["function_name"]),
            ("type", str(row["trigger_type"])),
            ("when", _yes(row["has_when"])),
        ),
        drop=removal.drop_trigger(table, row["trigger_name"]),
    )


def _check(row: DictRow, machine: str, where: Table) -> DbObject:
    note: str = row["note"]
    digest = note[note.rfind("[") + 1 : -1] if note.endswith("]") else ""
    stored = row["definition"].removesuffix(" NOT VALID").removesuffix(" NOT ENFORCED")
    return DbObject(
        ObjectKind.CHECK,
        f"{where.name} {row['constraint_name']}",
        machine,
        (
            ("digest", digest),
            ("enforced", _yes(row["is_enforced"])),
            ("expression", stored.replace('"', "")),
            ("validated", _yes(row["is_validated"])),
        ),
        drop=removal.drop_check(where.name, row["constraint_name"]),
    )


def _registry(connection: psycopg.Connection, machine: str) -> list[DbObject]:
    if connection.execute("select to_regclass('interlock.machine')").fetchone() == (None,):
        return []
    return [
        DbObject(
            ObjectKind.REGISTRY,
            machine,
            machine,
            registry_facts(**row),
        )
        for row in database.ask(connection, "found_machine.sql", {"machine": machine})
    ]


def registered(connection: psycopg.Connection) -> dict[str, TableName]:
    """Return the machines of the registry, and the table of each."""
    if connection.execute("select to_regclass('interlock.machine')").fetchone() == (None,):
        return {}
    return {
        row["machine_name"]: TableName(row["schema_name"], row["table_name"])
        for row in database.ask(connection, "registered.sql")
    }


def _column(row: DictRow) -> Column:
    base: str = row["base_type"]
    kind = Kind.OTHER
    if base in _TEXT:
        kind = Kind.TEXT
    elif row["base_kind"] == "e":
        kind = Kind.ENUM
    elif base in _MOMENT:
        kind = Kind.MOMENT
    return Column(
        name=row["column_name"],
        number=row["column_number"],
        type=row["type_name"],
        base_type=base,
        kind=kind,
        is_not_null=row["is_not_null"],
        is_comparable=row["is_comparable"],
        is_generated=row["is_generated"],
        labels=tuple(row["labels"]),
    )


def _yes(value: object) -> str:
    return "yes" if value else "no"
