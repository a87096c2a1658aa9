"""The indexes of claims as a server stores them, and whether it would take those that are asked."""

from collections.abc import Sequence

import psycopg
from psycopg import errors

from pginterlock import assets, database
from pginterlock.compiler import claims, seeking
from pginterlock.elements import Claim
from pginterlock.errors import EnvironmentFault
from pginterlock.fit import Problem
from pginterlock.model import Machine, SpecPath
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.rules import claim_judge
from pginterlock.rules.claim_terms import index_name, is_held, seek_name
from pginterlock.rules.parts import Writing
from pginterlock.table import Table
from pginterlock.template import fill

EXTENSION = "btree_gist"
MAKE_EXTENSION = "create extension if not exists btree_gist with schema public;\n"
_TWIN = "interlock_twin_claim"


def found_indexes(connection: psycopg.Connection, machine: str, where: Table) -> list[DbObject]:
    """Return the indexes of *machine*'s claims on *where*, and what is left of unfinished ones."""
    found = _found_grant(connection, machine, where)
    rows = [
        row
        for begin in (claims.prefix(machine), seeking.prefix(machine))
        for row in database.ask(
            connection, "found_indexes.sql", {"oid": where.oid, "names_begin": begin}
        )
    ]
    for row in rows:
        note: str = row["note"]
        if not claims.owns(machine, note):
            continue
        facts = {
            "definition": row["definition"],
            "digest": note[note.rfind("[") + 1 : -1] if note.endswith("]") else "",
            "in_force": "yes" if row["is_in_force"] else "no",
        }
        name = row["index_name"]
        found.append(
            DbObject(
                ObjectKind.INDEX,
                f"{where.name} {name}",
                machine,
                tuple(facts.items()),
                drop=claims.drop_index((where.name.schema, where.name.name), name),
            )
        )
    return found


def _found_grant(connection: psycopg.Connection, machine: str, where: Table) -> list[DbObject]:
    return [
        seeking.found_grant(machine, where.name, row["owner_name"], row["columns"])
        for row in database.ask(connection, "seek_grant.sql", {"oid": where.oid})
    ]


def stored_definition(connection: psycopg.Connection, where: Table, asked: DbObject) -> str:
    """Return how this server stores the index *asked*: heard from it on an empty twin of *where*.

    Needs a transaction that may write; the caller rolls it back.
    """
    with database.trial(connection):
        slots = {
            "schema_name": where.name.schema,
            "relation_name": where.name.name,
            "index_ddl": asked.expression,
        }
        database.run(connection, fill(assets.read("sql", "templates", "claim_twin.sql"), slots))
        oid = connection.execute("select 'pg_temp.interlock_twin'::regclass::oid").fetchone()
        values = {"oid": oid[0] if oid else 0, "names_begin": _TWIN}
        return str(database.ask(connection, "found_indexes.sql", values)[0]["definition"])


def probe(
    connection: psycopg.Connection, machine: Machine, where: Table, wanted: Sequence[DbObject]
) -> list[Problem]:
    """Ask the server whether it takes every claim of *machine*, on a throwaway copy.

    It says whether the range is one and depends on the row alone, and whether it can compare the
    resource. Call it inside a trial. Raises EnvironmentFault where the extension is not to be had.
    """
    problems: list[Problem] = []
    indexes = {it.name: it for it in wanted if it.kind is ObjectKind.INDEX}
    writing = Writing(machine, where)
    if machine.claims and claims.needs_extension(writing):
        _make_extension(connection)
    for claim in machine.claims:
        path: SpecPath = ("machines", machine.name, "claims", claim.name)
        name = index_name if is_held(writing, claim) else seek_name
        index = indexes.get(f"{where.name} {name(machine.name, claim.name)}")
        try:
            if claim.during and not _is_range(connection, where, claim.during.text):
                told = f"{claim.during.text!r} is no range; write one, such as daterange(a, b)"
                problems.append(Problem((*path, "during"), told))
            elif index:
                stored_definition(connection, where, index)
            if claim_judge.takes_turns(writing, claim):
                _demand_hash(connection, writing, claim)
        except (errors.DataError, errors.ProgrammingError, errors.NotSupportedError) as error:
            if isinstance(error, errors.InsufficientPrivilege):
                raise
            said = error.diag.message_primary or str(error)
            about = f"{claim.during.text!r}: " if claim.during else ""
            problems.append(Problem((*path, "during") if claim.during else path, f"{about}{said}"))
    return problems


def _demand_hash(connection: psycopg.Connection, writing: Writing, claim: Claim) -> None:
    """Ask the server for a hash of the resource, of which it knows none for a few types."""
    with connection.transaction():
        types = {c: writing.column(c).type for c in claim.resource}
        hashed = claim_judge.slot(claim, lambda column: f"null::{types[column]}")
        database.run(connection, f"select {hashed}")


def lacks_extension(connection: psycopg.Connection, writings: Sequence[Writing]) -> bool:
    """Whether the extension must be made first.

    Raises EnvironmentFault where it must be, and this role cannot.
    """
    if not any(claims.needs_extension(it) for it in writings):
        return False
    row = database.ask(connection, "gist_extension.sql")[0]
    if row["is_there"]:
        return False
    if not row["is_available"]:
        raise EnvironmentFault(
            f"a claim with `during` needs the extension {EXTENSION}, which the server has not",
            remedy="Install PostgreSQL's contrib modules on the server (postgresql-contrib).",
        )
    if not row["is_allowed"]:
        raise EnvironmentFault(
            f"a claim with `during` needs the extension {EXTENSION}, and this role may not make it",
            remedy=f"As a superuser: create extension {EXTENSION};",
        )
    return True


def _make_extension(connection: psycopg.Connection) -> None:
    if not database.ask(connection, "gist_extension.sql")[0]["is_there"]:
        database.run(connection, MAKE_EXTENSION)


def _is_range(connection: psycopg.Connection, where: Table, expression: str) -> bool:
    """Whether *expression* over a row is a range; an index takes it, so it is immutable."""
    with database.trial(connection):
        slots = {
            "schema_name": where.name.schema,
            "relation_name": where.name.name,
            "index_ddl": "create index interlock_twin_claim on pg_temp.interlock_twin"
            f" using gist (({expression}))",
        }
        database.run(connection, fill(assets.read("sql", "templates", "claim_twin.sql"), slots))
        found = connection.execute(
            "select t.typtype = 'r' from pg_catalog.pg_attribute as a"
            " join pg_catalog.pg_type as t on t.oid = a.atttypid"
            " where a.attrelid = 'pg_temp.interlock_twin_claim'::regclass"
        ).fetchone()
    return found == (True,)
