"""What a spec still calls by an old name, after its machine has followed a rename."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import psycopg
from psycopg import errors

from pginterlock import database
from pginterlock.fit import Problem
from pginterlock.model import Machine


def explained(
    connection: psycopg.Connection, machine: Machine, problems: Sequence[Problem]
) -> list[Problem]:
    """Return *problems* of *machine*, with the new name of what is missing under its old one."""
    if not problems:
        return []
    names = _names(connection, machine.name)
    return [_explained(it, machine, names) for it in problems]


def _explained(problem: Problem, machine: Machine, names: Mapping[tuple[str, str], str]) -> Problem:
    table = str(machine.table)
    for (what, was), now in names.items():
        if what == "table" and was == table:
            missing, told = f"table {was} does not exist", f"table {was}"
        elif what == "column":
            missing, told = f"table {table} has no column {was!r}", f"column {was} of {table}"
        else:
            continue
        if problem.message.startswith(missing):
            text = f"{told} was renamed to {now}, and the machine follows: change the spec"
            return replace(problem, message=text)
    return problem


def _names(connection: psycopg.Connection, machine: str) -> dict[tuple[str, str], str]:
    """Return what is called otherwise now: what it is and its old name, to its last name."""
    if connection.execute("select to_regclass('interlock.journal')").fetchone() == (None,):
        return {}
    try:
        with connection.transaction():
            rows = database.ask(connection, "followed.sql", {"machine": machine})
    except errors.InsufficientPrivilege:
        return {}
    names: dict[tuple[str, str], str] = {}
    for row in rows:
        for place, name in names.items():
            if place[0] == row["what"] and name == row["old_name"]:
                names[place] = row["new_name"]
        names[row["what"], row["old_name"]] = row["new_name"]
    return names
