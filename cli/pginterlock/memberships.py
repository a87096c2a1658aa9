"""Members of an owner whose membership gives them nothing: what is said, and what mends it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg.rows import DictRow

from pginterlock import database
from pginterlock.compiler.removal import qualified
from pginterlock.elements import TableName
from pginterlock.errors import EnvironmentFault


def demand(connection: psycopg.Connection, tables: Sequence[TableName]) -> None:
    """Raise EnvironmentFault where we are a member of an owner and have not its rights.

    Of the owner of schema interlock, and of those of *tables*.
    """
    if fault := _idle(connection, tables=tables):
        raise fault


@contextmanager
def explained(connection: psycopg.Connection, *, with_tables: bool = False) -> Iterator[None]:
    """Say it where a right was missing in the block that a membership would give, were it on.

    *with_tables*: also of owners of guarded tables, and not of schema interlock alone.
    """
    try:
        yield
    except EnvironmentFault as fault:
        better = _told(connection, with_tables=with_tables) if _is_of_rights(fault) else None
        if better is None:
            raise
        raise better from fault


def _is_of_rights(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, errors.InsufficientPrivilege):
            return True
        error = error.__context__
    return False


def _told(connection: psycopg.Connection, *, with_tables: bool) -> EnvironmentFault | None:
    try:
        return _idle(connection, with_tables=with_tables)
    except psycopg.Error:  # it is closed, or in a transaction that was aborted
        return None


def _idle(
    connection: psycopg.Connection,
    *,
    tables: Sequence[TableName] = (),
    with_tables: bool = False,
) -> EnvironmentFault | None:
    values = {"tables": [qualified(it) for it in tables], "with_tables": with_tables}
    found = database.ask(connection, "idle_memberships.sql", values)
    return _fault(found[0]) if found else None


def _fault(row: DictRow) -> EnvironmentFault:
    member, owner = row["member_name"], row["owner_name"]
    what = "may not take its role" if row["is_inherited"] else "does not inherit its rights"
    if row["is_by_grant"]:
        remedy = f"grant {owner} to {member} with inherit true, set true;"
    elif row["does_inherit"]:  # it is a role between them that does not
        remedy = f"grant {owner} to {member};"
    else:
        remedy = f"alter role {member} inherit;"
    return EnvironmentFault(
        f"role {member} is a member of {owner}, and {what}",
        remedy=f"As a superuser: {remedy}",
    )
