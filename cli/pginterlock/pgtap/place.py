"""Make the databases that tests run in: a template with pgTAP and schema interlock, and clones."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import conninfo, errors, sql

from pginterlock import database, migrate
from pginterlock.errors import EnvironmentFault

_FETCHED = Path(".cache") / "pgtap" / "pgtap.sql"
_NAMED = "INTERLOCK_PGTAP_SQL"
_MAINTENANCE = "postgres"


def find_sql(
    folder: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Path | None:
    """Return the file of pgTAP's SQL that is named or fetched; *folder* is the project's.

    Raises EnvironmentFault where INTERLOCK_PGTAP_SQL names a file that is not there.
    """
    if named := environment.get(_NAMED):
        if not Path(named).is_file():
            raise EnvironmentFault(
                f"{_NAMED} is {named}, and there is no such file",
                remedy="Name the file pgtap.sql, or pgtap--VERSION.sql, of a pgTAP.",
            )
        return Path(named)
    fetched = (folder or Path()) / _FETCHED
    return fetched if fetched.is_file() else None


def install_pgtap(connection: psycopg.Connection, *, folder: Path | None = None) -> None:
    """Install pgTAP: the server's extension, else the SQL file that is named or fetched."""
    found = connection.execute("select from pg_available_extensions where name = 'pgtap'")
    if found.rowcount == 1:
        connection.execute("create extension pgtap")
        return
    file = find_sql(folder)
    if file is None:
        major = connection.info.server_version // 10_000
        raise EnvironmentFault(
            "the server has no pgTAP, and its SQL was not fetched",
            remedy="make pgtap (needs npm), or install it where the server runs (on Debian: "
            f"apt-get install postgresql-{major}-pgtap), or name its SQL file in {_NAMED}.",
        )
    try:
        connection.execute(file.read_bytes())
    except psycopg.Error as error:
        raise EnvironmentFault(f"{file} does not load as pgTAP: {_one_line(error)}") from error


def build_template(dsn: str, name: str, *, folder: Path | None = None) -> None:
    """Make the database *name*, with pgTAP and schema interlock, on the server of *dsn*."""
    with database.connect(maintenance(dsn)) as connection:
        _create(connection, sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            with database.connect(_sibling(dsn, name)) as inside, database.faults():
                install_pgtap(inside, folder=folder)
                migrate.upgrade(inside)
        except BaseException:
            _drop(connection, name)
            raise


@contextmanager
def template(dsn: str, *, folder: Path | None = None) -> Iterator[str]:
    """Make a template on the server of *dsn* that lasts as long as the block; yield its name."""
    name = f"interlock_test_{os.getpid()}_{secrets.token_hex(3)}"
    build_template(dsn, name, folder=folder)
    try:
        yield name
    finally:
        with database.connect(maintenance(dsn)) as connection:
            _drop(connection, name)


@contextmanager
def clone(dsn: str, of: str) -> Iterator[str]:
    """Make a fresh database from the template *of*, and drop it at the end; yield its dsn."""
    name = f"{of}_{secrets.token_hex(4)}"
    with database.connect(maintenance(dsn)) as connection:
        copy = sql.SQL("create database {} template {}")
        _create(connection, copy.format(sql.Identifier(name), sql.Identifier(of)))
        try:
            yield _sibling(dsn, name)
        finally:
            _drop(connection, name)


def maintenance(dsn: str) -> str:
    """Return *dsn* with a database to stand in while others are made: its own, else postgres."""
    try:
        told = conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return dsn  # database.connect says what is wrong with it, without its password
    if told.get("dbname") or os.environ.get("PGDATABASE"):
        return dsn
    return conninfo.make_conninfo(dsn, dbname=_MAINTENANCE)


def _sibling(dsn: str, name: str) -> str:
    """Return *dsn* with the database *name*.

    From what was asked for, not from an open connection: that one tells every setting of its
    libpq, and the psql that reads it may be older.
    """
    return conninfo.make_conninfo(dsn, dbname=name)


def _drop(connection: psycopg.Connection, name: str) -> None:
    """Drop the database *name*, whoever is still in it."""
    gone = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with database.faults():
        connection.execute(gone)


def _create(connection: psycopg.Connection, statement: sql.Composed) -> None:
    try:
        with database.faults():
            connection.execute(statement)
    except EnvironmentFault as fault:
        if isinstance(fault.__cause__, errors.InsufficientPrivilege):
            fault.remedy = "Connect as a role with the right CREATEDB, or use --dsn embedded:"
        raise


def _one_line(error: psycopg.Error) -> str:
    return database.hide(" ".join(str(error).split()))
