"""Which transactions were decided at a moment, as PostgreSQL writes it down in a snapshot.

Pure: text and numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every transaction below *xmax* is decided, but for those that are *running*.

    *xmax* is the first one that had not ended: it, and others after it, may have begun already.
    Two snapshots of one server contain each other: what an entry's transaction could have seen is
    in every snapshot that has the entry.
    """

    xmin: int
    xmax: int
    running: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Snapshot":
        """Return the snapshot that PostgreSQL writes as *text*; raise ValueError for another."""
        xmin, xmax, running = text.split(":")
        return cls(int(xmin), int(xmax), tuple(int(it) for it in running.split(",") if it))

    def __str__(self) -> str:
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, self.running))}"

    def sees(self, xid: int) -> bool:
        """Whether the transaction *xid* was decided."""
        return xid < self.xmin or (xid < self.xmax and xid not in self.running)

    def without(self, own: int) -> "Snapshot":
        """Return the same with *own* running: PostgreSQL does not list who asks."""
        if self.sees(own):
            running = tuple(sorted({*self.running, own}))
            return Snapshot(min(self.xmin, own), self.xmax, running)
        return self


# Sees no transaction that writes entries.
NOTHING = Snapshot(3, 3)


def first_decided(before: Snapshot, after: Snapshot, below: int) -> int | None:
    """Return the first transaction below *below* that *after* sees and *before* does not."""
    for xid in _undecided(before, below):
        if after.sees(xid):
            return xid
        if xid >= after.xmax:
            return None
    return None


def _undecided(snapshot: Snapshot, below: int) -> Iterator[int]:
    yield from (xid for xid in snapshot.running if xid < below)
    yield from range(snapshot.xmax, below)
