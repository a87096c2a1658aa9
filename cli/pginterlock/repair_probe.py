"""Ask the server whether it takes the repairs of a machine, on a throwaway copy of its table."""

import psycopg
from psycopg import errors

from pginterlock import assets, database
from pginterlock.fit import Problem
from pginterlock.model import Machine, SpecPath
from pginterlock.names import ident
from pginterlock.table import Table
from pginterlock.template import fill


def probe(connection: psycopg.Connection, machine: Machine, where: Table) -> list[Problem]:
    """Return every condition and value that the server does not take; call it inside a trial.

    The update is explained and not run: types are judged as an assignment judges them.
    """
    problems = []
    for repair in machine.repairs:
        root: SpecPath = ("machines", machine.name, "repairs", repair.name)
        first = ident(repair.sets[0][0] if repair.sets else machine.state)
        asked = [((*root, "when"), repair.when.text, f"{first} = {first}")]
        asked += [
            ((*root, "set", column), value.text, f"{ident(column)} = ({value.text})")
            for column, value in repair.sets
        ]
        for number, (path, text, assignment) in enumerate(asked):
            said = _refused(connection, where, assignment, text if number == 0 else "true")
            if said:
                problems.append(Problem(path, f"{text!r}: {said}"))
    return problems


def _refused(
    connection: psycopg.Connection, where: Table, assignment: str, condition: str
) -> str | None:
    query = fill(
        assets.read("sql", "templates", "update_twin.sql"),
        {
            "schema_name": where.name.schema,
            "relation_name": where.name.name,
            "assignment": assignment,
            "condition": condition,
        },
    )
    try:
        with connection.transaction():
            database.run(connection, query)
    except errors.InsufficientPrivilege:
        raise
    except (errors.DataError, errors.ProgrammingError, errors.NotSupportedError) as error:
        return error.diag.message_primary or str(error)
    return None
