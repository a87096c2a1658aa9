"""A connection of SQLAlchemy, whatever its driver, as our code takes one of psycopg.

A migration runs in a transaction of somebody else, perhaps through psycopg 2 or asyncpg; what it
did so far is seen there and nowhere else. So the functions that plan and apply get this in place of
a connection of their own. It sends one statement at a time, without parameters (values are written
into the text, as psycopg writes them), takes answers as JSON, so that no driver has a say in their
types, and turns errors into those of psycopg. A transaction in it is a savepoint.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Self, cast

import psycopg
import sqlalchemy as sa
from psycopg import conninfo, errors, sql
from psycopg.pq import DiagnosticField

from pginterlock.errors import EnvironmentFault, UsageError

_SLOT = re.compile(r"%\((?P<name>\w+)\)s|(?P<next>%s)|(?P<percent>%%)")
_COMMENT = re.compile(r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_QUERY = re.compile(r"(?:select|with|values)\b", re.IGNORECASE)

# Fields of an error: as psycopg knows them; as psycopg's diag, asyncpg and pg8000 call them.
_FIELDS = (
    (DiagnosticField.SEVERITY, "severity", "severity", "S"),
    (DiagnosticField.SQLSTATE, "sqlstate", "sqlstate", "C"),
    (DiagnosticField.MESSAGE_PRIMARY, "message_primary", "message", "M"),
    (DiagnosticField.MESSAGE_DETAIL, "message_detail", "detail", "D"),
    (DiagnosticField.MESSAGE_HINT, "message_hint", "hint", "H"),
    (DiagnosticField.CONTEXT, "context", "context", "W"),
    (DiagnosticField.SCHEMA_NAME, "schema_name", "schema_name", "s"),
    (DiagnosticField.TABLE_NAME, "table_name", "table_name", "t"),
    (DiagnosticField.COLUMN_NAME, "column_name", "column_name", "c"),
    (DiagnosticField.CONSTRAINT_NAME, "constraint_name", "constraint_name", "n"),
)

_Row = list[tuple[str, object]]


class Bridge:
    """What our code uses of `psycopg.Connection`, on *connection* and in its transaction."""

    is_nested = True

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def as_psycopg(self) -> psycopg.Connection:
        """Return it under the type that our functions name."""
        return cast("psycopg.Connection", self)

    def execute(self, query: object, values: object = None) -> "Cursor":
        """Run *query*, one statement or several; the answer is that of the last."""
        text = _text(query)
        if values is not None:
            text = _with_values(text, values)
        answer: list[_Row] = []
        for statement in _statements(text):
            answer = self._one(statement)
        return Cursor(self, answer)

    def cursor(self, *, row_factory: object = None) -> "Cursor":
        """Return a cursor; one with *row_factory* (always `dict_row`) gives mappings."""
        return Cursor(self, [], is_named=row_factory is not None)

    @contextmanager
    def transaction(self, *, force_rollback: bool = False) -> Iterator[None]:
        """Run the block in a savepoint; with *force_rollback* nothing of it stays."""
        self.demand_transaction()
        with _translated():
            savepoint = self._connection.begin_nested()
        try:
            yield
        except BaseException:
            with _translated():
                savepoint.rollback()
            raise
        with _translated():
            if force_rollback:
                savepoint.rollback()
            else:
                savepoint.commit()

    def demand_transaction(self) -> None:
        """Raise UsageError where each statement is committed by itself.

        By an option of the connection, or of its engine: the driver knows of both.
        """
        driven = self._connection.connection.dbapi_connection
        told = self._connection.get_execution_options().get("isolation_level")
        if told == "AUTOCOMMIT" or getattr(driven, "autocommit", False) is True:
            raise UsageError(
                "a machine is applied in a transaction, and this connection has none",
                remedy="Call it outside of op.get_context().autocommit_block(), and let env.py open"
                ' an engine that has no isolation_level="AUTOCOMMIT".',
            )

    @property
    def info(self) -> SimpleNamespace:
        """Who the connection is: for a second one, which looks who holds a lock."""
        url = self._connection.engine.url
        told = {
            "host": url.host,
            "port": url.port,
            "user": url.username,
            "dbname": url.database,
            **{key: it for key, it in url.query.items() if key in ("host", "port", "service")},
        }
        known = {key: str(it) for key, it in told.items() if it}
        pid = self.execute("select pg_catalog.pg_backend_pid() as pid").fetchone()
        return SimpleNamespace(
            dsn=conninfo.make_conninfo("", **known),
            password=url.password,
            backend_pid=pid[0] if pid else 0,
        )

    def _one(self, statement: str) -> list[_Row]:
        begin = _COMMENT.match(statement)
        is_query = _QUERY.match(statement, begin.end() if begin else 0)
        asked = f"select pg_catalog.row_to_json(q)::text from (\n{statement}\n) as q"  # noqa: S608
        with _translated():
            result = self._connection.exec_driver_sql(
                asked if is_query else statement, execution_options={"no_parameters": True}
            )
            return [_read(row[0]) for row in result] if is_query else []


class Cursor:
    """The rows of an answer: tuples, or mappings where *is_named*."""

    def __init__(self, bridge: Bridge, rows: list[_Row], *, is_named: bool = False) -> None:
        self._bridge = bridge
        self._rows = rows
        self._is_named = is_named

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        while (row := self.fetchone()) is not None:
            yield row

    def execute(self, query: object, values: object = None) -> Self:
        """Run *query* and keep its answer."""
        self._rows = self._bridge.execute(query, values)._rows
        return self

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        if not self._rows:
            return None
        row = self._rows.pop(0)
        return dict(row) if self._is_named else tuple(value for _, value in row)

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        return list(self)


def _text(query: object) -> str:
    if isinstance(query, bytes):
        return query.decode()
    return query if isinstance(query, str) else query.as_string()  # type: ignore[attr-defined]


def _with_values(text: str, values: object) -> str:
    """Return *text* with *values*, a mapping or a sequence, written in."""
    listed = iter(values if isinstance(values, Sequence) else ())

    def value(match: re.Match[str]) -> str:
        if match["percent"]:
            return "%"
        found = next(listed) if match["next"] else cast("Mapping[str, object]", values)[match[1]]
        return sql.Literal(found).as_string()

    return _SLOT.sub(value, text)


def _statements(text: str) -> list[str]:
    """Return the statements of *text*, without what ends them; comments before one stay."""
    import postgast  # noqa: PLC0415 - it takes a tenth of a second

    encoded = text.encode()
    if b";" not in encoded.rstrip().rstrip(b";"):
        return [text.strip().rstrip(";")] if text.strip() else []
    return [it.strip().rstrip(";") for it in postgast.split(text)]


def _read(told: str) -> _Row:
    """Return a row as pairs, so that columns may share a name; oids are numbers again."""
    pairs = json.loads(told, object_pairs_hook=_Pairs, parse_float=Decimal)
    return [(name, _oid(name, _plain(value))) for name, value in pairs.told]


class _Pairs:
    def __init__(self, told: list[tuple[str, object]]) -> None:
        self.told = told


def _plain(value: object) -> object:
    if isinstance(value, _Pairs):
        return {name: _plain(it) for name, it in value.told}
    return [_plain(it) for it in value] if isinstance(value, list) else value


def _oid(name: str, value: object) -> object:
    return int(value) if name.endswith("_oid") and isinstance(value, str) else value


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _as_psycopg(error) from error
    except sa.exc.SQLAlchemyError as error:
        raise EnvironmentFault(f"the connection of the migration: {error}") from error


def _as_psycopg(error: sa.exc.DBAPIError) -> psycopg.Error:
    orig = error.orig
    if isinstance(orig, psycopg.Error):
        return orig
    found = {
        field: value.encode()
        for field, *names in _FIELDS
        if isinstance(value := _field(orig, *names), str)
    }
    message = found.get(DiagnosticField.MESSAGE_PRIMARY, str(orig).encode()).decode()
    state = found.get(DiagnosticField.SQLSTATE, b"").decode()
    try:
        kind = errors.lookup(state)
    except KeyError:
        kind = psycopg.OperationalError if error.connection_invalidated else psycopg.DatabaseError
    make: Callable[..., psycopg.Error] = kind
    return make(message, info=found)


def _field(orig: object, diag: str, plain: str, letter: str) -> object:
    if hasattr(orig, "diag"):
        return getattr(orig.diag, diag, None)
    told = getattr(orig, "args", ())
    if told and isinstance(told[0], dict):
        return told[0].get(letter)
    cause = getattr(orig, "__cause__", None)
    return getattr(cause, plain, None) or getattr(orig, plain, None)
