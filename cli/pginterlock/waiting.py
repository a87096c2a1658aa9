"""Ask for locks with a short timeout, and again.

Who waits for a lock makes everyone behind him wait (evidence.md, section 5).
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from psycopg import errors

from pginterlock.errors import EnvironmentFault

_RETRIED = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How to ask for locks: each try waits *timeout_ms*, all together *limit_s* seconds."""

    timeout_ms: int = 100
    limit_s: float = 30.0


def persist(how: Waiting, attempt: Callable[[], None]) -> None:
    """Run *attempt* until it gets its locks, or time is up."""
    until = time.monotonic() + how.limit_s
    pause_s = 0.02
    while True:
        try:
            attempt()
        except _RETRIED as error:
            if time.monotonic() >= until:
                raise EnvironmentFault(
                    f"a lock was not granted in {how.limit_s:g} s: {str(error).splitlines()[0]}",
                    remedy="Nothing was changed. Someone holds the table (pg_stat_activity shows"
                    " whom); try again, or give more time with --lock-wait.",
                ) from error
            time.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - no secret in a pause
            pause_s = min(pause_s * 1.5, 1.0)
        else:
            return
