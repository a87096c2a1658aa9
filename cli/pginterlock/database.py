"""Connect to a database and run statements; every error becomes one of ours, without a password."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import psycopg
from psycopg import conninfo, errors, pq
from psycopg.rows import DictRow, dict_row

from pginterlock import assets
from pginterlock.errors import EnvironmentFault

_PASSWORD = re.compile(r"(password\s*=\s*)('[^']*'|\S+)|(://[^:/@\s]*:)[^@\s]*(@)", re.IGNORECASE)
_DRIVER = re.compile(r"\Apostgres(ql)?\+\w+://")
_CONNECT_TIMEOUT_S = 10
_CANCEL_TIMEOUT_S = 2


def find_dsn(explicit: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """Return the connection string: *explicit*, INTERLOCK_DSN, DATABASE_URL, else libpq's own."""
    found = explicit or environment.get("INTERLOCK_DSN") or environment.get("DATABASE_URL") or ""
    return _DRIVER.sub("postgresql://", found)


def connect(dsn: str) -> psycopg.Connection:
    """Open a connection in autocommit; raise EnvironmentFault when there is none to be had."""
    try:
        settings = conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        raise EnvironmentFault(
            f"the connection string cannot be read: {hide(str(error)).strip()}",
            remedy="Write it as postgresql://USER@HOST:PORT/DATABASE or as libpq's key=value.",
        ) from None
    settings.setdefault("application_name", "interlock")
    settings["client_encoding"] = "UTF8"  # what our SQL is written in, whatever the locale says
    settings.setdefault("connect_timeout", _CONNECT_TIMEOUT_S)
    try:
        return psycopg.connect(
            conninfo.make_conninfo("", **settings), autocommit=True, prepare_threshold=None
        )
    except (psycopg.OperationalError, UnicodeError) as error:
        raise EnvironmentFault(
            f"no connection: {_one_line(str(error))}",
            remedy="Check --dsn, INTERLOCK_DSN or PG*; a password belongs in PGPASSWORD or "
            ".pgpass.",
        ) from None


def close_amid_statement(connection: psycopg.Connection) -> None:
    """Cancel a statement that an interrupt left under way, and close: nothing else can be said."""
    if connection.info.transaction_status == pq.TransactionStatus.ACTIVE:
        with suppress(psycopg.Error):
            connection.cancel_safe(timeout=_CANCEL_TIMEOUT_S)
        connection.close()


async def close_amid_statement_async(connection: psycopg.AsyncConnection) -> None:
    """Do the same on a connection that is awaited."""
    if connection.info.transaction_status == pq.TransactionStatus.ACTIVE:
        with suppress(psycopg.Error):
            await connection.cancel_safe(timeout=_CANCEL_TIMEOUT_S)
        await connection.close()


def hide(text: str) -> str:
    """Return *text* with every password in it blotted out."""
    return _PASSWORD.sub(lambda m: f"{m[1] or m[3]}***{m[4] or ''}", text)


@contextmanager
def faults() -> Iterator[None]:
    """Turn the server's complaints about rights, locks and connections into EnvironmentFault."""
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise EnvironmentFault(
            f"no right to do this: {_one_line(str(error))}",
            remedy="Connect as the owner of the table, or as a role that may do it.",
        ) from error
    except errors.ReadOnlySqlTransaction as error:
        raise EnvironmentFault(
            "the server is read only (a standby?)", remedy="Connect to the primary."
        ) from error
    except errors.LockNotAvailable as error:
        raise EnvironmentFault(
            f"a lock was not granted in time: {_one_line(str(error))}",
            remedy="Nothing was changed. Try again, or give more time with --lock-wait.",
        ) from error
    except (errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow) as error:
        raise EnvironmentFault(
            f"the server went away: {_one_line(str(error))}",
            remedy="A transaction that was open is rolled back; run the command again.",
        ) from error
    except psycopg.OperationalError as error:
        raise EnvironmentFault(
            f"the server gave up: {_one_line(str(error))}",
            remedy="A transaction that was open is rolled back; run the command again.",
        ) from error
    except psycopg.Error as error:
        raise EnvironmentFault(
            f"the server refused: {_one_line(str(error))}",
            remedy="A transaction that was open is rolled back: nothing is half done.",
        ) from error


def ask(
    connection: psycopg.Connection, query: str, values: Mapping[str, object] | None = None
) -> list[DictRow]:
    """Return the rows of one file of ``sql/queries``, as mappings."""
    text = assets.read("sql", "queries", query)
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(text.encode(), values or {}).fetchall()


def run(connection: psycopg.Connection, text: str) -> None:
    """Run SQL of ours, several statements at once, without parameters."""
    connection.execute(text.encode())


def rows(connection: psycopg.Connection, text: str) -> list[DictRow]:
    """Run one query of ours, without parameters, and return its rows as mappings."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(text.encode()).fetchall()


_MORE_MEMORY = (
    "select set_config('work_mem', '128MB', true)"
    " where pg_catalog.pg_size_bytes(current_setting('work_mem')) < 134217728"
)


def is_nested(connection: psycopg.Connection) -> bool:
    """Whether *connection* is in a transaction of somebody else: a migration's.

    What stands in for a connection may say so itself.
    """
    told = getattr(connection, "is_nested", None)
    if isinstance(told, bool):
        return told
    return connection.info.transaction_status is pq.TransactionStatus.INTRANS


def isolate(connection: psycopg.Connection, level: str, *, nested: bool) -> None:
    """Give the transaction that was just begun its isolation *level*.

    One that is *nested* in that of somebody else has its level already.
    """
    if not nested:
        run(connection, f"set transaction isolation level {level}")


@contextmanager
def snapshot(connection: psycopg.Connection) -> Iterator[None]:
    """Read from one snapshot, with names of the catalog written in full; works on a standby.

    Inside a transaction of somebody else, what is read is what that transaction sees; its settings
    are then as they were.
    """
    nested = is_nested(connection)
    with faults(), connection.transaction(force_rollback=nested):
        isolate(connection, "repeatable read, read only", nested=nested)
        connection.execute("set local search_path = ''")
        # An error where a policy would hide rows from us, or run code of others with our rights.
        connection.execute("set local row_security = off")
        # Long scans with long expressions: compiling them costs more than it gives, and a sort
        # that fits in memory is half as long.
        connection.execute("set local jit = off")
        connection.execute(_MORE_MEMORY)
        yield


@contextmanager
def trial(connection: psycopg.Connection) -> Iterator[None]:
    """Run statements in a transaction, or a savepoint, that is always rolled back."""
    with connection.transaction(force_rollback=True):
        yield


def _one_line(text: str) -> str:
    return hide(" ".join(text.split()))
