"""Who acts, in every transaction of a session of SQLAlchemy, and in blocks of one.

A session carries the claim in its ``info`` and makes it anew where a transaction begins: what
`interlock.act_as` does ends with each. All of it is events of `Session`, which an `AsyncSession`
has below it too.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session, SessionTransaction

from pginterlock.errors import UsageError
from pginterlock.integrations.actor_claim import OF_SQLALCHEMY, READ, Claim

Ask = Callable[[], tuple[str | None, str | None] | None]

# In the info of a session: who acts, whom to ask, open connections, a claim in a savepoint.
_CLAIM, _ASK = "interlock_claim", "interlock_ask"
_OPEN, _IS_NEW = "interlock_open", "interlock_is_new"


def act_as(session: Any, actor: str | None, *, reason: str | None = None) -> None:
    """Say who acts in all transactions of *session* from now on, the open one included.

    None takes it back. Of an `AsyncSession`, whose open transaction cannot be told without
    awaiting: raises UsageError where one is open.
    """
    sync = getattr(session, "sync_session", session)
    if sync is not session and sync.in_transaction():
        raise UsageError(
            "act_as: a transaction of this AsyncSession is open already",
            remedy="Say it before, or: await session.run_sync(act_as, 'user:42')",
        )
    sync = sync if isinstance(sync, Session) else sync()
    sync.flush()  # what was changed before was changed by whoever acted before
    sync.info[_CLAIM] = Claim(actor, reason)
    _claim_now(sync)


def install(maker: Any, ask: Ask) -> None:
    """Let every session of *maker* ask who acts, where a transaction begins.

    *maker* is a `sessionmaker`, an `async_sessionmaker`, a `scoped_session` or one session. *ask*
    returns actor and reason, or None where nobody is known; what `act_as` said goes first.
    """
    factory = getattr(maker, "session_factory", maker)
    if hasattr(factory, "configure"):
        factory.configure(info={**(factory.kw.get("info") or {}), _ASK: ask})
    elif isinstance(getattr(factory, "sync_session", factory), Session):
        factory.info[_ASK] = ask
    else:
        raise UsageError(f"install: {maker!r} is neither a sessionmaker nor a session")


@contextmanager
def in_connection(connection: Connection, claim: Claim) -> Iterator[None]:
    """Act in a transaction of *connection*, or in a savepoint of the one that is open."""
    is_inner = connection.in_transaction()
    with connection.begin_nested() if is_inner else connection.begin():
        before = _read(connection) if is_inner else None
        _claim(connection, claim)
        yield
        if before:
            _claim(connection, before)


@contextmanager
def in_session(session: Session, claim: Claim) -> Iterator[None]:
    """Act in a transaction of *session*, or in a savepoint of the one that is open."""
    is_inner = session.in_transaction()
    carried = session.info.get(_CLAIM)
    before: list[tuple[Connection, Claim]] = []
    try:
        with session.begin_nested() if is_inner else session.begin():
            before += [(it, _read(it)) for it in _open(session)] if is_inner else []
            session.info[_CLAIM] = claim
            _claim_now(session)
            yield
            session.flush()
    finally:
        session.info[_CLAIM] = carried
        if is_inner and session.is_active:
            _claim_back(session, before)


def _claim_back(session: Session, before: list[tuple[Connection, Claim]]) -> None:
    """Let whoever acted before a block act again; who that was on a new connection, we know."""
    known = dict(before)
    for connection in _open(session):
        _claim(connection, known.get(connection) or _who(session) or Claim())


@event.listens_for(Session, "after_begin")
def _begin(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """Make the claim on a connection whose transaction has begun."""
    if transaction.nested or connection.dialect.name != "postgresql":
        return
    session.info.setdefault(_OPEN, []).append(connection)
    who = _who(session)
    if who:
        _claim(connection, who)


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, transaction: SessionTransaction) -> None:
    """Make a claim anew that went with its savepoint."""
    if transaction.nested and session.is_active and session.info.pop(_IS_NEW, False):
        _claim_now(session)


@event.listens_for(Session, "after_transaction_end")
def _end(session: Session, transaction: SessionTransaction) -> None:
    """Forget the connections of a transaction that has ended."""
    if transaction.parent is None:
        session.info.pop(_OPEN, None)
        session.info.pop(_IS_NEW, None)


def _claim_now(session: Session) -> None:
    connections = _open(session)
    if connections and session.in_nested_transaction():
        session.info[_IS_NEW] = True
    for connection in connections:
        _claim(connection, _who(session) or Claim())


def _open(session: Session) -> list[Connection]:
    return list(session.info.get(_OPEN, ()))


def _who(session: Session) -> Claim | None:
    carried = cast("Claim | None", session.info.get(_CLAIM))
    ask = cast("Ask | None", session.info.get(_ASK))
    if carried is not None or ask is None:
        return carried
    told = ask()
    return Claim(*told) if told else None


def _read(connection: Connection) -> Claim:
    return Claim(*connection.execute(text(READ)).one())


def _claim(connection: Connection, claim: Claim) -> None:
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        raise UsageError(
            "the connection is in autocommit: who acts would be forgotten after one statement",
            remedy="Take a connection without isolation_level AUTOCOMMIT for what is written.",
        )
    actor, reason = claim.values
    connection.execute(text(OF_SQLALCHEMY), {"actor": actor, "reason": reason})
