"""Who acts, told to the database in every transaction that writes.

`interlock.act_as` is local to a transaction, so that behind a pooler no actor meets another
client. So the claim is made anew in each transaction, before its first statement that may write:
an execute wrapper on every connection sees all statements. A statement that writes in autocommit
is put into a transaction of its own with the claim. A `ContextVar` holds who acts: it follows
`sync_to_async` to the thread that has the connection, and no request sees that of another.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from django.db import connections, transaction

Execute = Callable[[str, object, bool, Mapping[str, Any]], object]

# What `interlock.act_as` does: this is right before schema interlock is there, too.
_ACT_AS = (
    "select pg_catalog.set_config('interlock.actor', %s, true),"
    " pg_catalog.set_config('interlock.reason', %s, true)"
)
_WORD = re.compile(r"(?:\s+|--[^\n]*\n|/\*.*?\*/|\()*([a-z]+)", re.DOTALL | re.IGNORECASE)
_CALLS_US = re.compile(r'\binterlock"?\s*\.\s*"?\w+"?\s*\(', re.IGNORECASE)
_WRITES = frozenset({"insert", "update", "delete", "merge", "truncate", "copy"})
_WRITES_INSIDE = re.compile(r"\b(?:insert|update|delete|merge)\b", re.IGNORECASE)
# What cannot write, or is no statement of a transaction's work.
_READS = frozenset(
    {"select", "with", "values", "table", "show", "explain", "declare", "fetch", "close"}
)
_AROUND = frozenset({"savepoint", "release", "rollback", "set", "reset", "begin", "commit"})
_SECOND = re.compile(r";\s*(?:insert|update|delete|merge|truncate|copy)\b", re.IGNORECASE)
_ACTS_AS = re.compile(r'\binterlock"?\s*\.\s*"?act_as(?:_signed)?"?\s*\(', re.IGNORECASE)
_BACK = re.compile(r"\s*rollback\s+to\b", re.IGNORECASE)


Claim = tuple[str | None, str | None]
Tags = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Acting:
    """Who acts, and why: *ask* says it when a claim is made, once a transaction.

    *tags* go into statements that write, for `interlock writers`. *is_eager*: the claim is made
    before the first statement of a transaction, whatever it is, and not only before one that writes
    by its first word.
    """

    ask: Callable[[], Claim]
    tags: Callable[[], Tags] = tuple
    is_eager: bool = True


_acting: ContextVar[Acting | None] = ContextVar("pginterlock_acting", default=None)


@contextmanager
def acting(
    actor: str | None, *, reason: str | None = None, tags: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Say who acts while the block runs, on every connection: for jobs, commands and tests.

    *tags* name the write site, as sqlcommenter does: ``{"job": "night_audit"}``.
    """
    told = tuple(sorted((tags or {}).items()))
    with entered(Acting(lambda: (actor, reason), lambda: told)):
        yield


@contextmanager
def entered(who: Acting | None) -> Iterator[None]:
    """Make *who* the one who acts while the block runs."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def act_as(actor: str | None, reason: str | None = None, *, using: str = "default") -> None:
    """Say who acts for the rest of the open transaction of *using*: `interlock.act_as`.

    It holds against an `acting` around it, as `interlock.act_as_signed` by hand does. Raises
    TransactionManagementError in autocommit, where the claim would be gone at once.
    """
    connection = connections[using]
    if connection.get_autocommit():
        raise transaction.TransactionManagementError(
            "act_as needs a transaction: transaction.atomic() around it and what is written"
        )
    with connection.cursor() as cursor:
        cursor.execute("select interlock.act_as(%s, reason => %s)", [actor, reason])


def watch(connection: Any) -> None:
    """Put our wrapper on *connection*, once, if it is one of PostgreSQL."""
    known = any(isinstance(it, Claimer) for it in connection.execute_wrappers)
    if connection.vendor == "postgresql" and not known:
        connection.execute_wrappers.append(Claimer())


class _Info(Protocol):
    @property
    def transaction_status(self) -> int: ...


@dataclass(slots=True)
class Claimer:
    """The execute wrapper of one connection: what it has claimed in the open transaction."""

    claimed: Acting | None = None
    is_overruled: bool = False
    block: object = field(default=None, repr=False)

    def __call__(
        self, execute: Execute, sql: Any, params: object, many: bool, context: Mapping[str, Any]
    ) -> object:
        """Run one statement, the claim before it where it needs one."""
        connection, who = context["connection"], _acting.get()
        if who is None and self.claimed is None and not self.is_overruled:
            return execute(sql, params, many, context)
        text = sql if isinstance(sql, str) else sql.as_string(connection.connection)
        self._forget_what_ended(connection, text)
        word = _first_word(text)
        is_write = _is_write(word, text)
        if who and is_write and isinstance(sql, str):
            sql = _tagged(sql, who.tags(), is_escaped=params is not None)
        if connection.get_autocommit():
            if who is None or not is_write:
                return execute(sql, params, many, context)
            with transaction.atomic(using=connection.alias):
                self._claim(connection, who)
                return execute(sql, params, many, context)
        may_write = is_write or word not in _READS | _AROUND
        is_early = who is not None and who.is_eager and word not in _AROUND
        if who is not self.claimed and not self.is_overruled and (may_write or is_early):
            self._claim(connection, who)
        try:
            return execute(sql, params, many, context)
        finally:
            if _CALLS_US.search(text):
                self.claimed = None  # `fire` may have said otherwise
                self.is_overruled = self.is_overruled or bool(_ACTS_AS.search(text))

    def _forget_what_ended(self, connection: Any, sql: str) -> None:
        """Forget the claim where its transaction ended, or was taken back to a savepoint."""
        block = connection.atomic_blocks[0] if connection.atomic_blocks else None
        is_new = connection.connection is None or _is_idle(connection.connection)
        if is_new or block is not self.block or _BACK.match(sql):
            self.claimed, self.is_overruled, self.block = None, False, block

    def _claim(self, connection: Any, who: Acting | None) -> None:
        """Make the claim, past the wrappers and past Django's log of queries.

        Who is asked may ask the database who is logged in: nobody acts meanwhile.
        """
        connection.validate_no_broken_transaction()
        with entered(None):
            actor, reason = who.ask() if who else (None, None)
        values = [_told(actor), _told(reason)]
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(_ACT_AS, values)
        self.claimed = who
        self.block = connection.atomic_blocks[0] if connection.atomic_blocks else None


def _is_idle(session: Any) -> bool:
    """Whether *session*, of psycopg 3 or 2, has no transaction open."""
    info: _Info = session.info
    return int(info.transaction_status) == 0


def _is_write(word: str, sql: str) -> bool:
    """Whether *sql*, which begins with *word*, writes as far as can be seen."""
    if word == "with":
        return bool(_WRITES_INSIDE.search(sql) or _CALLS_US.search(sql))
    return word in _WRITES or bool(_CALLS_US.search(sql) or _SECOND.search(sql))


def _told(value: str | None) -> str:
    return value if value and not value.isspace() else ""


def _first_word(sql: str) -> str:
    found = _WORD.match(sql)
    return found[1].lower() if found else ""


def _tagged(sql: str, tags: Tags, *, is_escaped: bool) -> str:
    """Return *sql* with its tags behind it, as sqlcommenter writes them; once."""
    if not tags or sql.rstrip().endswith("*/"):
        return sql
    told = ",".join(f"{quote(name, safe='')}='{quote(value, safe='')}'" for name, value in tags)
    if is_escaped:
        told = told.replace("%", "%%")
    return f"{sql.rstrip().removesuffix(';')} /*{told}*/"
