"""What machines have on other tables: the functions and triggers of mirrors, as they are found."""

from collections.abc import Sequence

import psycopg
from psycopg.rows import DictRow

from pginterlock import database
from pginterlock.compiler import removal
from pginterlock.model import Machine
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.rules.mirror_terms import trigger_names


def found_functions(connection: psycopg.Connection, machine: str) -> list[DbObject]:
    """Return the functions of the mirrors of *machine*, and of its guards on other tables."""
    rows = database.ask(connection, "found_mirrors.sql", {"machine": machine})
    return [_function(row, machine) for row in rows]


def found_triggers(
    connection: psycopg.Connection,
    machine: str,
    functions: Sequence[DbObject],
    in_force: Machine | None,
) -> list[DictRow]:
    """Return the triggers that call one of *functions*, or have the place of one *in_force*."""
    mirrors = in_force.mirrors if in_force else ()
    tables = {str(it.table) for it in mirrors} | ({str(in_force.table)} if in_force else set())
    return database.ask(
        connection,
        "found_mirror_triggers.sql",
        {
            "functions": [it.name.partition("(")[0] for it in functions],
            "triggers": [name for it in mirrors for name in trigger_names(machine, it.name)],
            "tables": sorted(tables),
        },
    )


def _function(row: DictRow, machine: str) -> DbObject:
    facts = {
        "body": row["body"],
        "language": row["language"],
        "security": "definer" if row["is_definer"] else "invoker",
        "settings": row["settings"],
        "volatility": row["volatility"],
    }
    if not row["is_of_schema"]:
        facts["owner"] = row["owner_name"]
    return DbObject(
        ObjectKind.FUNCTION,
        row["object_name"],
        machine,
        tuple(sorted(facts.items())),
        drop=removal.drop_function(row["signature"]),
        signature=row["signature"],
    )
