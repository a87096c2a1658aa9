"""Give way to others: to replicas that are behind, and to a server that is at work."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from pginterlock import database
from pginterlock.errors import IncompleteError

_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is too much; None: no limit. *patience_s* is how long to wait for it to pass."""

    lag_s: float | None = None
    active_count: int | None = None
    pause_s: float = 0.0
    patience_s: float = 300.0


def give_way(connection: psycopg.Connection, limits: Limits, say: Callable[[str], None]) -> None:
    """Pause, then wait until no limit is passed; raise IncompleteError where it takes too long."""
    if limits.pause_s:
        time.sleep(limits.pause_s)
    if limits.lag_s is None and limits.active_count is None:
        return
    until = time.monotonic() + limits.patience_s
    while why := _too_much(connection, limits):
        if time.monotonic() >= until:
            raise IncompleteError(
                f"waited {limits.patience_s:g} s, and still {why}",
                remedy="All batches up to here are committed; run the command again to go on.",
            )
        say(f"waiting: {why}")
        time.sleep(_POLL_S)


def _too_much(connection: psycopg.Connection, limits: Limits) -> str:
    seen = database.ask(connection, "backfill_pressure.sql")[0]
    if limits.lag_s is not None and seen["lag_s"] > limits.lag_s:
        return f"a replica is {seen['lag_s']:.1f} s behind (limit {limits.lag_s:g})"
    if limits.active_count is not None and seen["active_count"] > limits.active_count:
        return f"{seen['active_count']} sessions are active (limit {limits.active_count})"
    return ""
