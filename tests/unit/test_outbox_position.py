"""Positions of cursors, against a server in miniature that numbers transactions as ours does."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pginterlock.outbox import position as positions
from pginterlock.outbox.position import Mark, Position
from pginterlock.outbox.snapshots import Snapshot

M = "parcel"


@dataclass(slots=True)
class Server:
    """Transactions get numbers when they begin, entries when they are written."""

    next_xid: int = 10
    latest_completed: int = 9
    last_id: int = 0
    running: list[int] = field(default_factory=list)
    entries: dict[int, int] = field(default_factory=dict)  # id to transaction
    written: dict[int, int] = field(default_factory=dict)  # id to time
    committed: dict[int, int] = field(default_factory=dict)  # transaction to time
    time: int = 0

    def begin(self) -> int:
        self.running.append(self.next_xid)
        self.next_xid += 1
        return self.running[-1]

    def write(self, xid: int) -> None:
        self.time += 1
        self.last_id += 1
        self.written[self.last_id] = self.time
        self.entries[self.last_id] = xid

    def end(self, xid: int, *, is_commit: bool) -> None:
        self.time += 1
        self.running.remove(xid)
        self.latest_completed = max(self.latest_completed, xid)
        if is_commit:
            self.committed[xid] = self.time

    def snapshot(self, own: int | None = None) -> Snapshot:
        """As PostgreSQL makes it: who asks is not listed, nor who began beyond the end."""
        xmax = self.latest_completed + 1
        listed = sorted(it for it in self.running if it < xmax and it != own)
        return Snapshot(min([*listed, xmax, own or xmax]), xmax, tuple(listed))

    def visible(self) -> Iterator[int]:
        yield from (it for it, xid in sorted(self.entries.items()) if xid in self.committed)

    def end_of_history(self) -> int:
        return max(self.visible(), default=0)


@dataclass(slots=True)
class Reader:
    """A consumer that asks as `delivery` does; *between* happens after its transaction began."""

    server: Server
    position: Position
    got: list[int] = field(default_factory=list)

    def read(self, batch: int, between: list[tuple[str, int]], *, writes: bool) -> bool:
        """Read one batch; whether there was anything to do."""
        end = self.server.end_of_history()
        if not self.position.window and self.position.low(self.server.snapshot(), M) >= end:
            return False
        own = self.server.begin()
        play(self.server, between, own)
        if not self.position.window:
            upto = self.server.snapshot(own).without(own)
            through = {M: self.server.end_of_history()}
            self.position = self.position.opened(upto, Mark(own, {M: end}), through)
        entries = self.entries()[:batch]
        for it in entries:
            self.position = self.position.past(M, it)
        self.got += entries
        if len(entries) < batch:
            self.position = self.position.closed()
        if writes:
            self.server.write(own)
        self.server.end(own, is_commit=True)
        self.position = positions.read(json.loads(positions.write(self.position)))
        return True

    def entries(self) -> list[int]:
        window = self.position.window
        assert window
        return [
            it
            for it in self.server.visible()
            if window.after[M] < it <= window.through[M]
            and window.upto.sees(self.server.entries[it])
            and not self.position.seen.sees(self.server.entries[it])
        ]


def play(server: Server, events: list[tuple[str, int]], own: int | None = None) -> None:
    for what, which in events:
        others = [xid for xid in server.running if xid != own]
        if what == "begin":
            server.begin()
        elif others:
            xid = others[which % len(others)]
            if what == "write":
                server.write(xid)
            else:
                server.end(xid, is_commit=which % 4 > 0)


happening = st.tuples(
    st.sampled_from(["begin", "begin", "write", "write", "end"]), st.integers(0, 9)
)
reading = st.tuples(st.integers(1, 4), st.lists(happening, max_size=4), st.booleans())


# A transaction that began after the reader's own ended before its snapshot, which does not list it.
OWN_ENTRY = [("begin", 0), ("write", 0), ("end", 1), (1, [("begin", 0), ("end", 0)], True)]


@settings(max_examples=300)
@example(OWN_ENTRY)
@given(st.lists(st.one_of(happening, reading), max_size=60))
def test_what_is_delivered_is_what_was_committed_once_and_after_what_it_could_see(
    events: list[tuple[str, int] | tuple[int, list[tuple[str, int]], bool]],
) -> None:
    server = Server()
    start = Position(Snapshot(3, 3), (Mark(0, {}),), "", {})
    reader = Reader(server, start)
    for event in events:
        if len(event) == 2:
            play(server, [event])
        else:
            batch, between, writes = event
            reader.read(batch, between, writes=writes)
    for _ in range(len(events) + 2):
        reader.read(9, [], writes=False)

    assert sorted(reader.got) == list(server.visible())
    place = {it: n for n, it in enumerate(reader.got)}
    for seen, by in itertools.product(reader.got, reader.got):
        if server.committed[server.entries[seen]] < server.written[by]:
            assert place[seen] < place[by]


def test_a_snapshot_reads_what_postgresql_writes() -> None:
    read = Snapshot.read("10:20:10,14,15")

    assert read == Snapshot(10, 20, (10, 14, 15))
    assert str(read) == "10:20:10,14,15"
    assert [xid for xid in range(8, 23) if read.sees(xid)] == [8, 9, 11, 12, 13, 16, 17, 18, 19]
    assert str(Snapshot.read("7:7:")) == "7:7:"


@pytest.mark.parametrize("told", [None, {}, [], {"seen": {"xmin": "1"}}])
def test_what_is_no_position_is_refused(told: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        positions.read(told)
