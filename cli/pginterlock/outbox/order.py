"""Put the entries of several histories in one order, in which a cause stands before its effect.

Pure: entries in, entries out.
"""

import heapq
from collections.abc import Sequence
from datetime import datetime

from pginterlock.audit import Entry


def merged(histories: Sequence[Sequence[Entry]], count: int) -> list[Entry]:
    """Return the first *count* entries of *histories*, each of which is in the order of ids.

    Within one history the ids decide, whatever the clock did. Between two of them it is the clock,
    read no later than any entry after: writers may draw an id and be slow to read the clock, but
    no more of them at once than there are connections, and that many entries more than *count*
    are to be given of each history that has more.
    """
    if len(histories) == 1:
        return list(histories[0][:count])
    ordered = (_by_earliest(entries) for entries in histories)
    return [it for *_, it in list(heapq.merge(*ordered, key=lambda it: it[:3]))[:count]]


def _by_earliest(entries: Sequence[Entry]) -> list[tuple[datetime, str, int, Entry]]:
    """Return *entries* with the earliest clock of each and all after it."""
    keyed: list[tuple[datetime, str, int, Entry]] = []
    earliest: datetime | None = None
    for it in reversed(entries):
        earliest = it.clock_at if earliest is None else min(earliest, it.clock_at)
        keyed.append((earliest, it.machine, it.id, it))
    return keyed[::-1]
