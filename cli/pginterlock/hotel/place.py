"""Where the demo is played: a database of its own, one way in for the owner, one for the app."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import conninfo, sql

from pginterlock import database
from pginterlock.errors import UnsafeError
from pginterlock.hotel.load import APPLICATION

DATABASE = "interlock_demo"
_ROLES = (APPLICATION, "front_desk", "night_audit", "interlock_owner")


@dataclass(frozen=True, slots=True)
class Place:
    """The database of the demo: the owner's connection string, and the application's."""

    owner: str
    application: str


@contextmanager
def on_server(dsn: str, *, keep: bool) -> Iterator[Place]:
    """Make a database of our own on a server that is there; drop it at the end, unless *keep*.

    Raises UnsafeError where such a database exists already.
    """
    with database.connect(dsn) as connection, database.faults():
        if connection.execute(
            "select 1 from pg_database where datname = %s", (DATABASE,)
        ).fetchone():
            raise UnsafeError(
                f"there is a database {DATABASE} on this server already; the demo touches nothing"
                " that is not its own",
                remedy=f"Left by an earlier demo with --keep? Then: drop database {DATABASE};",
            )
        before = _roles(connection)
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        try:
            yield Place(_pointed(dsn), _pointed(dsn, role=APPLICATION))
        finally:
            if not keep:
                _drop(connection, before)


def _drop(connection: psycopg.Connection, before: set[str]) -> None:
    drop = sql.SQL("drop database {} with (force)").format(sql.Identifier(DATABASE))
    connection.execute(drop)
    for role in _roles(connection) - before:
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


def _roles(connection: psycopg.Connection) -> set[str]:
    query = "select rolname::text from pg_roles where rolname = any(%s)"
    return {name for (name,) in connection.execute(query, (list(_ROLES),)).fetchall()}


def _pointed(dsn: str, *, role: str | None = None) -> str:
    settings = conninfo.conninfo_to_dict(dsn)
    settings["dbname"] = DATABASE
    if role:
        settings["options"] = f"{settings.get('options') or ''} -c role={role}".strip()
        settings["application_name"] = APPLICATION
    return conninfo.make_conninfo("", **settings)
