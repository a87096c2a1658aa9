"""Measure the locks of a plan: run each step on an empty copy of the tables, and read pg_locks.

The copy stands on a private server, so that no table of the user is touched for it: of the same
major version where its programs are at hand, else of another one, which is said. It holds what
locks depend on: types, partitions and heirs, keys, constraints, indexes, triggers, what is
referred to, and all of ours that is there already.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg
from psycopg.rows import DictRow

from pginterlock import catalog, database, embedded, indexes, migrate
from pginterlock.compiler import MachineNames, ownership
from pginterlock.errors import EnvironmentFault
from pginterlock.names import ident
from pginterlock.objects import Lock
from pginterlock.plan import Held, Part, Plan, Step
from pginterlock.table import Rights, Table

_STRENGTHS = list(Lock)
# Weaker ones stop nobody but who changes the table itself.
_SHOWN_FROM = _STRENGTHS.index(Lock.SHARE_UPDATE_EXCLUSIVE)
_IN_A_TRANSACTION = (Part.LOOK, Part.ARM, Part.CLAIM, Part.VALIDATE)
# The copy has no entry of a machine that was there before.
_UNREGISTERED = "alter table interlock.funnel drop constraint funnel_of_machine"
_TABLES = "select array_agg(c.oid::bigint) from pg_class as c where c.relkind in ('r', 'p')"


@dataclass(frozen=True, slots=True)
class _Definition:
    """What a copy is made from, as DDL; *parts* are left out where they cannot be had.

    *roles* are those that own the tables or may update them: a funnel takes and gives their grants.
    """

    rights: Rights
    has_extension: bool
    roles: frozenset[str]
    types: list[DictRow]
    tables: list[DictRow]
    parts: list[DictRow]

    @property
    def schemas(self) -> list[str]:
        """The schemas of users in it."""
        found = {row["schema_name"] for row in (*self.types, *self.tables, *self.parts)}
        return sorted(found - {"interlock", "public"})


class Copying:
    """A server for the copy; it starts while the database is looked at, and ends with the block."""

    def __init__(self, major: int) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._server: Future[embedded.Server] = self._pool.submit(_start, major)

    def server(self) -> embedded.Server:
        """Return the running server; raise EnvironmentFault where there is none to be had."""
        return self._server.result()

    def dsn(self) -> str:
        """Return the libpq string of a database that nothing was copied to before."""
        return self.server().dsn()

    def end(self) -> None:
        """Stop it."""
        self._pool.shutdown(wait=True)
        if self._server.exception() is None:
            self._server.result().stop()


@contextmanager
def copying(connection: psycopg.Connection) -> Iterator[Copying]:
    """Have a server for a copy of what is in the database of *connection*."""
    ours = Copying(connection.info.server_version // 10000)
    try:
        yield ours
    finally:
        ours.end()


def measured(connection: psycopg.Connection, plan: Plan, place: Copying) -> Plan:
    """Return *plan* with the locks that its steps took on a copy, or with why they are not known.

    The database of *connection* is only read.
    """
    if plan.is_empty:
        return plan
    try:
        with database.faults():
            definition = _read(connection, plan)
            server = place.server()
            with database.connect(place.dsn()) as copy:
                left_out = _build(copy, definition)
                steps = tuple(_run(copy, plan.steps, definition.rights))
    except EnvironmentFault as fault:
        why = " ".join(fault.message.split())
        return replace(plan, locks=f"expected, not measured: {why}")
    theirs = connection.info.server_version // 10000
    told = f"measured on a copy of the tables, PostgreSQL {server.version}"
    if server.version != theirs:
        told += f" (no server programs of {theirs} are at hand)"
    if left_out:
        told += f"; without {', '.join(left_out)}"
    return replace(plan, steps=steps, locks=told)


def _start(major: int) -> embedded.Server:
    try:
        programs = embedded.find_binaries(major)
    except EnvironmentFault:
        programs = embedded.find_binaries()
    return embedded.start(bin_dir=programs, in_memory=True)


def _read(connection: psycopg.Connection, plan: Plan) -> _Definition:
    names = [MachineNames(machine) for machine, _ in plan.machines]
    with database.snapshot(connection):
        rights = catalog.rights(connection)
        found = [catalog.table(connection, table, machine) for machine, table in plan.machines]
        found += [catalog.table(connection, table, "") for table in plan.targets]
        oids = [table.oid for table in found if table]
        ours = [name for it in names for name in it.tables]
        history = database.ask(connection, "copied_ours.sql", {"names": ours})
        oids += [row["table_oid"] for row in history]
        tables = database.ask(connection, "copied_tables.sql", {"oids": oids})
        family = {"oids": [row["table_oid"] for row in tables]}
        schemas = [table.schema for table in (*dict(plan.machines).values(), *plan.targets)]
        return _Definition(
            rights,
            database.ask(connection, "gist_extension.sql")[0]["is_there"],
            frozenset(role for table in found if table for role in _roles(table)),
            database.ask(connection, "copied_types.sql", family),
            tables,
            database.ask(connection, "copied_parts.sql", {**family, "schemas": schemas}),
        )


def _roles(table: Table) -> Iterator[str]:
    yield table.owner
    yield from (it.grantee for it in table.updaters)
    yield from (it.grantee for it in table.taken)


def _make_roles(copy: psycopg.Connection, definition: _Definition) -> None:
    rights = definition.rights
    known = {"public", *(row[0] for row in copy.execute("select r.rolname from pg_roles as r"))}
    owners = {rights.role, rights.owner if rights.owner_exists else rights.role}
    for role in sorted(owners):
        verb = "alter" if role in known else "create"
        database.run(copy, f"{verb} role {ident(role)} superuser")
    for role in sorted(definition.roles - owners - known):
        database.run(copy, f"create role {ident(role)}")


def _build(copy: psycopg.Connection, definition: _Definition) -> list[str]:
    """Make the copy and return what could not be had in it."""
    rights = definition.rights
    _make_roles(copy, definition)
    database.run(copy, "set check_function_bodies = off; set search_path = ''")
    for schema in definition.schemas:
        database.run(copy, f"create schema {ident(schema)}")
    if rights.schema_exists:
        with copy.transaction():
            database.run(copy, ownership.schema(rights.owner))
            database.run(copy, ownership.as_role(rights.owner, migrate.upgrade_sql(None)))
            database.run(copy, _UNREGISTERED)
            database.run(copy, "set local search_path = ''")
    left_out = []
    extensions = [indexes.MAKE_EXTENSION] if definition.has_extension else []
    left_out += [indexes.EXTENSION for ddl in extensions if not _has_made(copy, ddl)]
    for row in definition.types:
        database.run(copy, row["ddl"])
    for row in definition.tables:
        if not _is_registry(row):
            database.run(copy, row["ddl"])
    for row in definition.parts:
        if not _has_made(copy, row["ddl"]) and row["schema_name"] != "interlock":
            left_out.append(row["what"])
    return left_out


def _has_made(copy: psycopg.Connection, ddl: str) -> bool:
    """Whether the copy takes *ddl*; where it does not, nothing is changed."""
    try:
        with copy.transaction():
            database.run(copy, ddl)
    except psycopg.Error:
        return False
    return True


def _is_registry(row: DictRow) -> bool:
    """Whether a machine's history refers to the table, which the migrations made."""
    return bool(row["schema_name"] == "interlock" and row["table_name"] == "machine")


def _run(copy: psycopg.Connection, steps: tuple[Step, ...], rights: Rights) -> Iterator[Step]:
    """Run each step in a transaction of its own, which shows its own locks alone."""
    before = copy.execute(_TABLES).fetchone()
    for step in steps:
        is_upgrade = rights.schema_exists and step.title.startswith("tables of schema interlock")
        if step.part in (Part.PREPARE, Part.APART):
            database.run(copy, step.sql)  # what comes after needs it; its lock is seen by nobody
        if is_upgrade or step.part not in _IN_A_TRANSACTION:
            yield step
            continue
        with copy.transaction():
            database.run(copy, step.sql)
            values = {"before": before[0] if before else []}
            held = database.ask(copy, "held_locks.sql", values)
        shown = [
            Held(Lock(row["mode"]), row["table_name"])
            for row in held
            if _STRENGTHS.index(Lock(row["mode"])) >= _SHOWN_FROM
        ]
        yield replace(step, measured=tuple(sorted(shown, key=lambda it: it.table != step.table)))
