"""The databases of a test session: a template with the user's schema and machines, and clones."""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from pginterlock import apply, database
from pginterlock.errors import EnvironmentFault, InterlockError, UsageError
from pginterlock.model import Spec
from pginterlock.pgtap import maintenance
from pginterlock.pgtap.script import ScriptError, Statement, read

Build = Callable[[str], object]
Schema = Sequence[str | os.PathLike[str]] | Build | None

# Roles belong to the whole server: of several workers one at a time makes them.
_LOCK = "select pg_advisory_lock(4711232)"


class Templates:
    """The templates of a session on the server of *dsn*: one for each schema and spec."""

    def __init__(self, dsn: str, folder: Path, stack: ExitStack) -> None:
        self.dsn = dsn
        self._folder = folder
        self._stack = stack
        self._made: dict[object, str | InterlockError] = {}

    def of(self, schema: Schema, spec: Spec) -> str:
        """Return the name of the template of *schema* under *spec*, made at the first call.

        Raises what `template` raises, and the same again at the next call.
        """
        key = (schema if callable(schema) else tuple(map(str, schema or ())), spec)
        if key not in self._made:
            self._made[key] = self._make(schema, spec)
        found = self._made[key]
        if isinstance(found, InterlockError):
            raise found
        return found

    def _make(self, schema: Schema, spec: Spec) -> str | InterlockError:
        try:
            return self._stack.enter_context(template(self.dsn, schema, spec, self._folder))
        except InterlockError as error:
            return error


@contextmanager
def template(dsn: str, schema: Schema, spec: Spec, folder: Path) -> Iterator[str]:
    """Make a database with *schema* under the machines of *spec*; yield its name, drop it after.

    *schema* is SQL files, those that are relative below *folder*, or a function that is given the
    connection string of the new database and fills it. Raises UsageError where a file fails, with
    its position, and what `pginterlock.apply.install` raises.
    """
    name = f"interlock_pytest_{os.getpid()}_{secrets.token_hex(3)}"
    with database.connect(maintenance(dsn)) as admin:
        _run(admin, "create database {}", name)
        try:
            admin.execute(_LOCK)
            try:
                fill(conninfo.make_conninfo(dsn, dbname=name), schema, spec, folder)
            finally:
                admin.execute("select pg_advisory_unlock_all()")
            yield name
        finally:
            _run(admin, "drop database if exists {} with (force)", name)


def fill(dsn: str, schema: Schema, spec: Spec, folder: Path) -> None:
    """Load *schema* into the database of *dsn*, and arm the machines of *spec*."""
    if callable(schema):
        schema(dsn)
    with database.connect(dsn) as connection:
        if not callable(schema):
            for file in schema or ():
                load(connection, folder / file)
        apply.install(connection, spec)


def load(connection: psycopg.Connection, file: Path) -> None:
    """Run one SQL file, statement by statement; raise UsageError with the place of what failed."""
    try:
        for item in read(file, {}):
            if isinstance(item, Statement):
                _execute(connection, item)
    except ScriptError as error:
        raise UsageError(str(error), remedy="interlock_schema names SQL files.") from None


def _execute(connection: psycopg.Connection, statement: Statement) -> None:
    try:
        connection.execute(statement.text.encode())
    except psycopg.Error as error:
        where = _place(statement, error.diag.statement_position)
        told = error.diag.message_primary or str(error)
        hint = error.diag.message_hint or error.diag.message_detail
        raise UsageError(f"{where}: {told}", remedy=hint) from error


def _place(statement: Statement, position: str | None) -> str:
    """Return file, line and column of what failed; *position* counts characters from 1."""
    file, _, line = statement.place.rpartition(":")
    if position is None:
        return statement.place
    before = statement.text[: int(position) - 1]
    column = len(before) - (before.rfind("\n") + 1) + 1
    return f"{file}:{int(line) + before.count(chr(10))}:{column}"


def _run(admin: psycopg.Connection, statement: str, name: str) -> None:
    try:
        with database.faults():
            admin.execute(sql.SQL(statement).format(sql.Identifier(name)))
    except EnvironmentFault as fault:
        fault.remedy = fault.remedy or "The role needs the right CREATEDB."
        raise
