"""How often over time: counts in buckets of an hour, a day or a week, and a line that shows them.

Pure: data in, data out. A moment falls into the slot of its seconds since 1970, divided by the
width of a bucket; a server counts the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

_BARS = "▁▂▃▄▅▆▇█"
_PLAIN_BARS = "12345678"
_NOTHING = "·"
_MOST_HOURS, _MOST_DAYS = 48, 60
LATELY = timedelta(hours=24)


class Width(IntEnum):
    """How many seconds a bucket is wide."""

    HOUR = 3600
    DAY = 86_400
    WEEK = 604_800

    def slot(self, at: datetime) -> int:
        """Return the bucket in which *at* falls."""
        return int(at.timestamp()) // self


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of a trend, from the one that *first* is in to that of *last*."""

    width: Width
    first: int
    last: int

    def counts(self, slots: Mapping[int, int]) -> list[int]:
        """Return the count of each bucket, the oldest first."""
        return [slots.get(slot, 0) for slot in range(self.first, self.last + 1)]


def width_of(since: datetime, until: datetime) -> Width:
    """Return how wide the buckets between two moments are."""
    if until - since <= timedelta(hours=_MOST_HOURS):
        return Width.HOUR
    return Width.DAY if until - since <= timedelta(days=_MOST_DAYS) else Width.WEEK


def buckets(since: datetime, until: datetime) -> Buckets:
    """Return the buckets between two moments."""
    width = width_of(since, until)
    last = width.slot(until)
    return Buckets(width, min(width.slot(since), last), last)


def sparkline(counts: Sequence[int], *, is_plain: bool = False) -> str:
    """Return *counts* as a line of bars, the highest for the most; a dot where there is nothing."""
    bars = _PLAIN_BARS if is_plain else _BARS
    most = max(counts, default=0)
    nothing = "." if is_plain else _NOTHING
    return "".join(bars[(count * len(bars) - 1) // most] if count else nothing for count in counts)
