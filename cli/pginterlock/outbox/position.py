"""How far a cursor has come: what is delivered, the window being delivered, where to look on.

Pure: data only.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pginterlock.outbox.snapshots import NOTHING, Snapshot, first_decided

Ids = Mapping[str, int]  # by machine
NEVER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Mark:
    """Entries of the transaction *xid*, and of all that began after it, are after *ids*.

    It holds where *ids* were read before *xid* was given out. The end of a snapshot will not do
    for *xid*: transactions beyond it may have begun, and written, before.
    """

    xid: int
    ids: Ids


@dataclass(frozen=True, slots=True)
class Window:
    """Entries that *upto* sees and that are not delivered: after *after*, up to *through*."""

    upto: Snapshot
    mark: Mark
    after: Ids
    through: Ids
    fresh_after: Ids


@dataclass(frozen=True, slots=True)
class Position:
    """What *seen* sees is delivered, and in part the *window*.

    *marks* say from which id on there can be entries that are not delivered. *cluster* counts the
    transactions; entries up to *restored* are from another one.
    """

    seen: Snapshot
    marks: tuple[Mark, ...]
    cluster: str
    restored: Ids
    window: Window | None = None

    def low(self, upto: Snapshot, machine: str) -> int:
        """Return an id below all entries of *machine* that *upto* sees and *seen* does not."""
        last = self.marks[-1]
        xid = first_decided(self.seen, upto, last.xid)
        mark = last if xid is None else _mark_for(self.marks, xid)
        return max(mark.ids.get(machine, 0), self.restored.get(machine, 0))

    def floor(self, upto: Snapshot, machine: str) -> int:
        """Return an id below all entries of *machine* that are not delivered."""
        if self.window is None:
            return self.low(upto, machine)
        return min(self.window.after.get(machine, 0), self.closed().low(upto, machine))

    def opened(self, upto: Snapshot, mark: Mark, through: Ids) -> "Position":
        """Return the position with a window of what *upto* sees more."""
        after = {machine: self.low(upto, machine) for machine in through}
        fresh = dict.fromkeys(through, NEVER)
        return replace(self, window=Window(upto, mark, after, through, fresh))

    def past(self, machine: str, entry_id: int) -> "Position":
        """Return the position with the entry of the window delivered."""
        window = self._window()
        after = {**window.after, machine: entry_id}
        return replace(self, window=replace(window, after=after))

    def closed(self) -> "Position":
        """Return the position with the whole window delivered."""
        window = self._window()
        marks = (*self.marks, window.mark)
        wanted = [*window.upto.running, window.upto.xmax]
        kept = {id(_mark_for(marks, xid)) for xid in wanted} | {id(window.mark)}
        return Position(
            window.upto,
            tuple(mark for mark in marks if id(mark) in kept),
            self.cluster,
            self.restored,
        )

    def moved(
        self, cluster: str, restored: Ids, upto: Snapshot, mark: Mark, through: Ids
    ) -> "Position":
        """Return the position in another *cluster*, with a window of what is not delivered.

        Old entries are judged by *seen* still. New ones have ids after all that were given out at
        the last mark, and are not: their transactions only look as if they were seen.
        """
        lowest, newest = self.marks[0].ids, self.marks[-1].ids
        window = Window(upto, mark, lowest, through, newest)
        return Position(self.seen, (Mark(0, lowest),), cluster, restored, window)

    def _window(self) -> Window:
        if self.window is None:
            raise AssertionError("no window is open")
        return self.window


# Nothing is delivered, and nothing is known of any cluster.
UNBEGUN = Position(NOTHING, (Mark(0, {}),), "", {})


def from_now(cluster: str, restored: Ids, seen: Snapshot, mark: Mark) -> Position:
    """Return the position behind all that *seen* sees."""
    return Position(seen, (Mark(0, {}), mark), cluster, restored)


def write(position: Position) -> str:
    """Return *position* as JSON, for `read`."""
    return json.dumps(dataclasses.asdict(position), default=str, sort_keys=True)


def read(told: object) -> Position:
    """Return the position that `write` has written; raise ValueError where it has not."""
    try:
        return _position(_object(told))
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(str(error)) from None


def _position(told: Mapping[str, object]) -> Position:
    window = told["window"]
    return Position(
        _snapshot(told["seen"]),
        tuple(_mark(it) for it in _list(told["marks"])),
        str(told["cluster"]),
        _ids(told["restored"]),
        None if window is None else _window(_object(window)),
    )


def _window(told: Mapping[str, object]) -> Window:
    return Window(
        _snapshot(told["upto"]),
        _mark(told["mark"]),
        _ids(told["after"]),
        _ids(told["through"]),
        _ids(told["fresh_after"]),
    )


def _snapshot(told: object) -> Snapshot:
    it = _object(told)
    running = tuple(_number(xid) for xid in _list(it["running"]))
    return Snapshot(_number(it["xmin"]), _number(it["xmax"]), running)


def _mark(told: object) -> Mark:
    it = _object(told)
    return Mark(_number(it["xid"]), _ids(it["ids"]))


def _ids(told: object) -> Ids:
    return {machine: _number(it) for machine, it in _object(told).items()}


def _number(told: object) -> int:
    if not isinstance(told, int):
        raise TypeError(f"{told!r} is no number")
    return told


def _list(told: object) -> list[object]:
    if not isinstance(told, list):
        raise TypeError(f"{told!r} is no list")
    return told


def _object(told: object) -> Mapping[str, object]:
    if not isinstance(told, dict):
        raise TypeError(f"{told!r} is no object")
    return told


def _mark_for(marks: Sequence[Mark], xid: int) -> Mark:
    """Return the newest of *marks* that holds for *xid*; the first one holds for all left."""
    fitting = [mark for mark in marks if mark.xid <= xid]
    return fitting[-1] if fitting else marks[0]
