"""Step several sessions through their scripts, one statement at a time, in an order on purpose.

A script is one transaction. A step that waits for a lock is left waiting, as the server tells by
`pg_blocking_pids`, and the other sessions go on; its own next steps come when it is free again.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest

import pginterlock

LEVELS = ("read committed", "repeatable read", "serializable")
LEVEL_PAIRS = tuple(itertools.product(LEVELS, LEVELS))
COMMITTED = "committed"
# What a client answers by trying the whole transaction again.
AGAIN = ("40001", "40P01")
_BLOCKED = "select pid from unnest(%s::int[]) as pid where cardinality(pg_blocking_pids(pid)) > 0"
_GLANCE_S = 0.002
_GLANCES = 15_000

Step = str | Callable[[psycopg.Connection], object]


@dataclass(frozen=True, slots=True)
class Script:
    """The statements of one transaction, between its begin and its commit."""

    name: str
    steps: tuple[Step, ...]


@dataclass(slots=True)
class Actor:
    """One session at work on its script."""

    session: psycopg.Connection
    script: Script
    level: str
    _pool: ThreadPoolExecutor
    outcome: str | None = None
    _next: int = 0
    _pending: Future[None] | None = field(default=None, repr=False)

    def begin(self) -> None:
        """Open the transaction; nothing is read yet."""
        self.session.execute(f"begin isolation level {self.level}".encode())

    @property
    def is_over(self) -> bool:
        """Whether the transaction has ended."""
        return self.outcome is not None

    @property
    def is_waiting(self) -> bool:
        """Whether a step of it is under way."""
        return self._pending is not None

    @property
    def pid(self) -> int:
        """Its process in the server."""
        return self.session.info.backend_pid

    def start(self) -> None:
        """Hand the next statement to the server; after the last one, the commit."""
        self._pending = self._pool.submit(self._step, self._next)
        self._next += 1

    def is_settled(self) -> bool:
        """Whether no statement of it is under way, after a short look."""
        if self._pending is None:
            return True
        try:
            self._pending.result(_GLANCE_S)
        except NotYet:
            return False
        except psycopg.Error as error:
            self.session.rollback()
            self.outcome = code_of(error)
        else:
            if self._next > len(self.script.steps):
                self.outcome = COMMITTED
        self._pending = None
        return True

    def _step(self, number: int) -> None:
        if number == len(self.script.steps):
            self.session.execute("commit")
            return
        perform(self.session, self.script.steps[number])


def perform(session: psycopg.Connection, step: Step) -> None:
    """Run one step of a script."""
    if isinstance(step, str):
        session.execute(step.encode())
    else:
        step(session)


def code_of(error: psycopg.Error) -> str:
    """Return the code of the rule that refused, or the SQLSTATE of another error."""
    told = pginterlock.refusal(error)
    return told.code if told else error.sqlstate or str(error)


def interleavings(*lengths: int) -> Iterator[tuple[int, ...]]:
    """Yield every order of the steps of several scripts; each keeps its own."""
    if not any(lengths):
        yield ()
        return
    for who, left in enumerate(lengths):
        if left:
            fewer = [*lengths[:who], left - 1, *lengths[who + 1 :]]
            yield from ((who, *rest) for rest in interleavings(*fewer))


def orders(*scripts: Script) -> list[tuple[int, ...]]:
    """Return every order of the statements of *scripts*, commits included."""
    return list(interleavings(*(len(it.steps) + 1 for it in scripts)))


@contextmanager
def stage(dsn: str, count: int) -> Iterator["Stage"]:
    """Open sessions for *count* actors, and one that watches them."""
    with ThreadPoolExecutor(count) as pool, psycopg.connect(dsn, autocommit=True) as watcher:
        sessions = [psycopg.connect(dsn, autocommit=True) for _ in range(count)]
        for session in sessions:
            session.execute("set deadlock_timeout = '20ms'")
        try:
            yield Stage(watcher, sessions, pool)
        finally:
            for session in sessions:
                session.close()


@dataclass(frozen=True, slots=True)
class Stage:
    """Sessions that scripts are played by, again and again."""

    watcher: psycopg.Connection
    sessions: Sequence[psycopg.Connection]
    pool: ThreadPoolExecutor

    def play(
        self, scripts: Sequence[Script], levels: Sequence[str], order: Sequence[int]
    ) -> list[str]:
        """Play *scripts* at *levels* in *order*; return how each transaction ended.

        A transaction that lost to another one, and was told to try again, is tried again alone.
        """
        actors = [
            Actor(session, script, level, self.pool)
            for session, script, level in zip(self.sessions, scripts, levels, strict=False)
        ]
        for it in actors:
            it.begin()
        for who in order:
            if not actors[who].is_waiting and not actors[who].is_over:
                actors[who].start()
            self._settle(actors)
        self._finish(actors)
        return [self._retried(it) if it.outcome in AGAIN else str(it.outcome) for it in actors]

    def _finish(self, actors: Sequence[Actor]) -> None:
        while left := [it for it in actors if not it.is_over]:
            for it in left:
                if not it.is_waiting and not it.is_over:
                    it.start()
                self._settle(actors)

    def _settle(self, actors: Sequence[Actor]) -> None:
        """Return as soon as every actor rests, or waits for another one that does."""
        for _ in range(_GLANCES):
            busy = [it for it in actors if not it.is_settled()]
            if not busy:
                return
            blocked = self._blocked(busy)
            if len(blocked) == len(busy) < sum(not it.is_over for it in actors):
                return
        pytest.fail("the server answers no more")

    def _blocked(self, actors: Sequence[Actor]) -> list[int]:
        rows = self.watcher.execute(_BLOCKED, [[it.pid for it in actors]]).fetchall()
        return [pid for (pid,) in rows]

    def _retried(self, actor: Actor) -> str:
        for _ in range(3):
            again = Actor(actor.session, actor.script, actor.level, self.pool)
            again.begin()
            self._finish([again])
            if again.outcome not in AGAIN:
                break
        return str(again.outcome)
