"""Ask for locks with a short timeout, and again; say who holds them when it is given up.

Who waits for a lock makes everyone behind him wait. So the first tries are short: a busy table is
free within them. Only when that has not helped for a third of the time do they grow: until a try
is long enough to outlast transactions that overlap, or to make an autovacuum give way
(docs/explanation/locks.md).
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import psycopg
from psycopg import errors

from pginterlock.errors import EnvironmentFault
from pginterlock.holders import Watch

RETRIED = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
# Any number does, as long as every apply takes the same.
ADVISORY_KEY = 7_355_608_218
_FIRST_MS = 50
_SHORT_FOR = 1 / 3
_GROWTH = 2
_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 1.0
_SOON_S = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How to ask for locks: a try waits up to *timeout_ms*, all together *limit_s* seconds."""

    timeout_ms: int = 2000
    limit_s: float = 30.0


class Patience:
    """One stretch of asking for locks; *watch* sees who holds them meanwhile."""

    def __init__(self, how: Waiting, watch: Watch | None = None) -> None:
        self._how = how
        self._watch = watch
        self._began = time.monotonic()
        self._pause_s = _PAUSE_S
        self._try_ms = min(_FIRST_MS, how.timeout_ms)
        self._is_first = True

    def insist(self, attempt: Callable[[int], T]) -> T:
        """Run *attempt* with the milliseconds that it may wait for a lock, until it gets it.

        Raises EnvironmentFault, with who holds the lock, when time is up.
        """
        while True:
            try:
                with self._watching():
                    return attempt(self._try_ms)
            except RETRIED as error:
                if self._passed_s() >= self._how.limit_s:
                    raise self._given_up(error) from error
                self._prepare()

    def _passed_s(self) -> float:
        return time.monotonic() - self._began

    def _watching(self) -> AbstractContextManager[None]:
        if self._watch is None or (self._is_first and self._how.limit_s > _SOON_S):
            return nullcontext()
        return self._watch.looking()

    def _prepare(self) -> None:
        """Let the others go first, and be more patient in the next try."""
        self._is_first = False
        if self._passed_s() > self._how.limit_s * _SHORT_FOR:
            self._try_ms = min(self._try_ms * _GROWTH, self._how.timeout_ms)
        left_s = max(self._how.limit_s - self._passed_s(), 0)
        pause_s = self._pause_s * random.uniform(0.5, 1.5)  # noqa: S311 - no secret in a pause
        time.sleep(min(pause_s, left_s))
        self._pause_s = min(self._pause_s * 1.5, _LONGEST_PAUSE_S)

    def _given_up(self, error: psycopg.Error) -> EnvironmentFault:
        told = [f"a lock was not granted in {self._how.limit_s:g} s: {str(error).splitlines()[0]}"]
        if self._watch:
            told += [f"  {line}" for line in self._watch.told()]
        return EnvironmentFault(
            "\n".join(told),
            remedy="Nothing was changed. Let that end, or give more time with --lock-wait.",
        )


def persist(how: Waiting, attempt: Callable[[], T]) -> T:
    """Run *attempt*, which sets its own timeout, until it gets its locks or time is up."""
    return Patience(how).insist(lambda _: attempt())


@contextmanager
def watched(connection: psycopg.Connection, how: Waiting) -> Iterator[Patience]:
    """Ask for locks on *connection*, while a second one looks who holds them."""
    with Watch(connection) as watch:
        yield Patience(how, watch)
