"""Take machines off a database again."""

from collections.abc import Sequence

import psycopg

from pginterlock import catalog, database, memberships, tripwire
from pginterlock.compiler import MachineNames, removal
from pginterlock.elements import TableName
from pginterlock.errors import UsageError
from pginterlock.objects import DbObject, ObjectKind

_LOCK_TIMEOUT = "set local lock_timeout = '5s'"
_ORDER = (
    ObjectKind.GRANT,
    ObjectKind.TRIGGER,
    ObjectKind.INDEX,
    ObjectKind.CHECK,
    ObjectKind.FUNCTION,
)


def take_off(
    connection: psycopg.Connection, machines: Sequence[str], *, drop_history: bool
) -> list[str]:
    """Take off *machines* (none: all), in one transaction; return what was done, in words.

    Raises UsageError for a machine that is not installed, EnvironmentFault without the rights.
    """
    with memberships.explained(connection, with_tables=True), database.faults():
        return _take_off(connection, machines, drop_history=drop_history)


def _take_off(
    connection: psycopg.Connection, machines: Sequence[str], *, drop_history: bool
) -> list[str]:
    done: list[str] = []
    with connection.transaction():
        database.run(connection, _LOCK_TIMEOUT)
        database.run(connection, "set local search_path = ''")
        installed = catalog.registered(connection)
        if unknown := [name for name in machines if name not in installed]:
            raise UsageError(
                f"no machine {unknown[0]!r} is installed here; installed:"
                f" {', '.join(installed) or 'none'}"
            )
        chosen = list(machines) or list(installed)
        if tripwire.look(connection).there:
            for name in chosen:
                database.run(connection, tripwire.pass_sql(name))
        for name in chosen:
            done += _take_off_one(connection, name, installed[name], drop_history=drop_history)
        if drop_history and set(chosen) == set(installed):
            database.run(connection, "set constraints all immediate")  # ends the passes
            database.run(connection, removal.drop_schema())
            done.append("schema interlock: dropped")
        if not done:
            done.append("nothing is installed here")
    return done


def removing(
    connection: psycopg.Connection, name: str, table: TableName, *, is_script: bool = False
) -> list[str]:
    """Return the SQL that takes machine *name* off *table*, in order; its history stays.

    What *is_script* asks for the tripwire where it runs.
    """
    drops = [it.drop for it in _taken(_objects(connection, name, table))]
    passing = tripwire.pass_sql(name)
    if is_script:
        return [tripwire.asking(passing), *drops, removal.unregister(name)]
    return [
        *([passing] if tripwire.look(connection).there else []),
        *drops,
        removal.unregister(name),
    ]


def _objects(connection: psycopg.Connection, name: str, table: TableName) -> list[DbObject]:
    if where := catalog.table(connection, table, name):
        return catalog.found_objects(connection, name, where)
    return [*_without_table(name), *catalog.mirrors_left(connection, name)]


def _taken(objects: Sequence[DbObject]) -> list[DbObject]:
    return [it for kind in _ORDER for it in objects if it.kind is kind]


def _take_off_one(
    connection: psycopg.Connection, name: str, table: TableName, *, drop_history: bool
) -> list[str]:
    objects = _objects(connection, name, table)
    for it in _taken(objects):
        database.run(connection, it.drop)
    database.run(connection, removal.unregister(name))
    done = [f"machine {name}: taken off {table}"]
    tables = [it for it in objects if it.kind is ObjectKind.TABLE]
    if drop_history:
        for it in tables:
            database.run(connection, it.drop)
        database.run(connection, removal.record_drop(name))
        done.append(f"machine {name}: history dropped")
    elif tables:
        done.append(f"machine {name}: history kept in interlock.{MachineNames(name).audit}")
    return done


def _without_table(name: str) -> list[DbObject]:
    """Return the objects that may be left of a machine whose table is gone."""
    names = MachineNames(name)
    return [
        DbObject(
            ObjectKind.FUNCTION,
            function,
            name,
            (),
            drop=removal.drop_function(f"interlock.{removal.quoted(function)}"),
        )
        for function in names.functions
    ] + [
        DbObject(
            ObjectKind.TABLE, f"interlock.{relation}", name, (), drop=removal.drop_table(relation)
        )
        for relation in names.tables
    ]
