"""Go through something in batches that are sized by time: short enough for others not to notice."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_Place = TypeVar("_Place")


@dataclass(frozen=True, slots=True)
class Sizing:
    """How large a batch is: the *first* one, and within which limits it comes to *target_s*."""

    target_s: float = 0.1
    first: int = 8
    smallest: int = 1
    largest: int = 16_384


def next_size(size: int, took_s: float, sizing: Sizing) -> int:
    """Return how large the next batch is, when one of *size* took *took_s*.

    It at most doubles: where little was to be done, much may be just behind.
    """
    asked = size * sizing.target_s / max(took_s, 1e-6)
    return int(min(max(asked, sizing.smallest), size * 2, sizing.largest))


def walk(one: Callable[[_Place, int], _Place | None], start: _Place, sizing: Sizing) -> None:
    """Run *one* from *start* on, batch by batch, until it returns no place to go on from.

    It gets a place and a size; each call is a transaction of its own.
    """
    place: _Place | None = start
    size = sizing.first
    while place is not None:
        began = time.monotonic()
        place = one(place, size)
        size = next_size(size, time.monotonic() - began, sizing)
