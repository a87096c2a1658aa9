"""The keys of signed actors in a database: add, list, retire. Their secrets never come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import errors

from pginterlock import database, tokens
from pginterlock.errors import EnvironmentFault, UsageError


@dataclass(frozen=True, slots=True)
class ActorKey:
    """One key, without its secret; *is_believed* says whether its tokens are good now."""

    key_id: str
    added_at: datetime
    added_by: str
    not_after: datetime | None
    retired_at: datetime | None
    retired_by: str | None
    is_believed: bool


def add(
    connection: psycopg.Connection, key_id: str, secret: bytes, not_after: datetime | None = None
) -> None:
    """Let the database believe tokens that are signed with *secret*.

    Raises UsageError for a name that is taken or a secret too short, EnvironmentFault without the
    right.
    """
    tokens.check_key_id(key_id)
    inner, outer = tokens.pads(secret)
    values = {"key_id": key_id, "inner_pad": inner, "outer_pad": outer, "not_after": not_after}
    with _owned(connection):
        if not database.ask(connection, "actor_key_add.sql", values):
            raise UsageError(
                f"there is a key {key_id} already",
                remedy="A key is not changed: add one of another name, then retire this one.",
            )


def retire(connection: psycopg.Connection, key_id: str) -> None:
    """Let the database believe no token of the key any more; raise UsageError where it cannot."""
    with _owned(connection):
        if database.ask(connection, "actor_key_retire.sql", {"key_id": key_id}):
            return
        known = [it.key_id for it in keys(connection) if it.retired_at is None]
    raise UsageError(f"no key {key_id!r} is in use here; in use: {', '.join(known) or 'none'}")


def keys(connection: psycopg.Connection) -> list[ActorKey]:
    """Return all keys, the oldest first."""
    with _owned(connection):
        return [ActorKey(**row) for row in database.ask(connection, "actor_keys.sql")]


@contextmanager
def _owned(connection: psycopg.Connection) -> Iterator[None]:
    """Tell in our words that only the owner may, and where nothing is installed.

    Row security is off for the time, so that a policy is an error, and no empty list.
    """
    with database.faults():
        try:
            with connection.transaction():
                connection.execute("set local row_security = off")
                yield
        except errors.InsufficientPrivilege as error:
            raise EnvironmentFault(
                "the keys of signed actors are for the owner of schema interlock alone",
                remedy="Connect as a superuser or a member of interlock_owner.",
            ) from error
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            raise EnvironmentFault(
                "there is no interlock.actor_key in this database",
                remedy="interlock apply installs schema interlock, and brings it up to date.",
            ) from error
