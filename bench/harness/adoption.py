"""The hotel before any machine, 8 in 100 of its bookings wrong; and what is measured on it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

import psycopg

from harness.cluster import Cluster, connect
from harness.files import sql
from harness.traffic import Write
from pginterlock.hotel.bookings import give_rooms
from pginterlock.hotel.generator import generate
from pginterlock.hotel.load import fill, make_schema

HOTEL, COPY = "hotel", "plain"
_DAY = date(2026, 3, 1)


@dataclass(frozen=True, slots=True)
class Phase:
    """One thing that was done while the writers went on, and when (seconds of the epoch)."""

    name: str
    begun: float
    ended: float


@dataclass(frozen=True, slots=True)
class Stalls:
    """How the writes of one phase went; times in milliseconds after a write was due."""

    phase: str
    seconds: float
    writes: int
    median_ms: float
    most_ms: float  # of 99 in 100
    longest_ms: float
    longest: str
    errors: int
    refused: int


def make_hotel(made: Cluster, bookings: int) -> int:
    """Make the dirty hotel, and a copy of it; return how many bookings are wrong."""
    with connect(made) as session:
        session.execute(f"create database {HOTEL}".encode())
    placed, rooms = give_rooms(generate(bookings, _DAY))
    with connect(made, HOTEL) as session:
        make_schema(session)
        fill(session, rooms, placed)
        session.execute(sql("adoption_dirt").encode())
        session.execute("vacuum analyze")
    with connect(made) as session:
        session.execute(f"create database {COPY} template {HOTEL} strategy file_copy".encode())
    with connect(made, HOTEL) as session:
        return count_wrong(session)


def count_wrong(session: psycopg.Connection) -> int:
    """Return how many bookings are wrong by a query that knows nothing of our rules."""
    (wrong,) = session.execute(sql("adoption_wrong").encode()).fetchone() or (0,)
    return int(wrong)


def time_repair(session: psycopg.Connection) -> float:
    """Return how many bookings a second one plain UPDATE mends; it is rolled back."""
    with session.transaction(force_rollback=True):
        begun = time.monotonic()
        mended = session.execute(sql("adoption_repair").encode()).rowcount
        rate = mended / (time.monotonic() - begun)
    session.execute("vacuum hotel.room_booking")
    return rate


def stalls(phases: Sequence[Phase], writes: Sequence[Write]) -> list[Stalls]:
    """Return how the writes went that were due, or still under way, in each of *phases*."""
    found = []
    for phase in phases:
        some = [it for it in writes if it.done >= phase.begun and it.due < phase.ended]
        if not some:
            continue
        times = sorted(it.late_ms for it in some)
        longest = max(some, key=lambda it: it.late_ms)
        found.append(
            Stalls(
                phase.name,
                phase.ended - phase.begun,
                len(some),
                median(times),
                times[len(times) * 99 // 100],
                longest.late_ms,
                longest.what,
                sum(1 for it in some if it.error and not it.is_careless),
                sum(1 for it in some if it.error and it.is_careless),
            )
        )
    return found
