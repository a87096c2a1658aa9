"""Deliver entries to a named cursor: every decision, and the SQL to run, without a connection.

Pure: a generator that yields requests and is sent their answers; `drivers` has the connections.
"""

import random
from collections.abc import Mapping, Sequence

from psycopg import errors

from pginterlock.audit import Entry, entry_of
from pginterlock.errors import UsageError
from pginterlock.outbox import position as positions
from pginterlock.outbox.cursor import cursor_of, place_of, position_of
from pginterlock.outbox.order import merged
from pginterlock.outbox.position import Mark, Position
from pginterlock.outbox.questions import (
    END,
    FOREIGN,
    Doing,
    Now,
    Wish,
    ask,
    ask_history,
    channels_of,
    ends_of,
    not_as_made,
    now_is,
    reading,
    taken,
)
from pginterlock.outbox.requests import Begin, Core, End, Hand, Wait

_TRY_AGAIN_S = 0.05


class _TakenError(Exception):
    """Another consumer has the cursor at this moment."""


def deliver(wish: Wish) -> Core:
    """Hand out entries, batch by batch, each in a transaction that also moves the cursor."""
    place = yield from reading(place_of(wish))
    channels: tuple[str, ...] = ()
    waited_s = 0.0
    is_last = False  # whether the window that is open is the last one to deliver
    while True:
        yield Begin()
        try:
            found = yield from _next_position(wish, may_open=not is_last)
            entries = []
            if found:
                entries = yield from _entries(wish, found[1], place["max_connections"])
        except _TakenError:
            yield End(is_commit=False)
            if waited_s >= wish.patience_s:
                raise taken(wish.name) from None
            waited_s += _TRY_AGAIN_S
            yield Wait(_TRY_AGAIN_S)
            continue
        waited_s = 0.0
        if found:
            # Without follow, what is committed after the first window was opened is not waited for.
            is_last = not wish.follow and (is_last or found[2])
            yield from _batch(wish, *found[:2], entries)
            continue
        yield End(is_commit=False)
        if not wish.follow:
            return
        channels = channels or (yield from reading(channels_of(wish)))
        # With jitter, so that many consumers do not ask at the same moment.
        yield Wait(wish.wait_s * random.uniform(0.8, 1.2), channels)  # noqa: S311 - no secret


def _batch(wish: Wish, xid: int, position: Position, entries: Sequence[Entry]) -> Doing[None]:
    """Hand out *entries*, move the cursor past those that were taken, and commit."""
    delivered, is_whole = 0, True
    for entry in entries:
        is_enough = yield Hand(entry)
        position = position.past(entry.machine, entry.id)
        delivered += 1
        if is_enough:
            is_whole = delivered == len(entries)
            break
    if is_whole and len(entries) < wish.batch:
        position = position.closed()
    values = {
        "name": wish.name,
        "position": positions.write(position),
        "delivered": delivered,
        "xid": str(xid),
    }
    moved = yield from ask("outbox_move.sql", values)
    if not moved:
        raise UsageError(
            f"the transaction of a batch of cursor {wish.name!r} was ended by somebody else",
            remedy="Leave commit and rollback of this connection to the consumer; its commit() "
            "keeps what was handed out so far.",
        )
    yield End(is_commit=True)


def _next_position(wish: Wish, *, may_open: bool) -> Doing[tuple[int, Position, bool] | None]:
    """Return who has the cursor, the cursor with a window open, and whether that one is new.

    None where nothing is new, or where a window is to be opened and may not be.
    """
    cursor = yield from cursor_of(wish)
    machines = cursor["machines"]
    ends = yield from ends_of(wish, machines, END)
    now = yield from now_is()
    position = position_of(wish, cursor)
    if not (position.window or may_open) or not _is_worthwhile(position, now, ends):
        return None
    try:
        [locked] = yield from ask("outbox_lock.sql", {"name": wish.name})
    except (errors.LockNotAvailable, errors.SerializationFailure):
        raise _TakenError from None
    position = position_of(wish, locked)
    # From here on the transaction has an id: what begins after it writes after `ends`.
    now = yield from now_is()
    if now.xid is None:
        raise AssertionError("a lock takes a transaction id")
    is_new = position.window is None
    if is_new:
        through = yield from ends_of(wish, machines, END)
        position = yield from _opened(wish, position, now, now.xid, ends, through)
    return now.xid, position, is_new


def _is_worthwhile(position: Position, now: Now, ends: Mapping[str, int]) -> bool:
    """Whether there can be entries that are not delivered; a poll that finds none writes none."""
    if position.window or _is_elsewhere(position, now):
        return True
    return any(position.low(now.snapshot, machine) < end for machine, end in ends.items())


def _is_elsewhere(position: Position, now: Now) -> bool:
    """Whether *position* counts the transactions of another cluster than this one."""
    return position.cluster != now.cluster or position.seen.xmax > max(
        now.snapshot.xmax, now.xid or 0
    )


def _opened(
    wish: Wish,
    position: Position,
    now: Now,
    xid: int,
    ends: Mapping[str, int],
    through: Mapping[str, int],
) -> Doing[Position]:
    upto, mark = now.snapshot.without(xid), Mark(xid, ends)
    if not _is_elsewhere(position, now):
        return position.opened(upto, mark, through)
    restored = yield from ends_of(wish, through, FOREIGN)
    return position.moved(now.cluster, restored, upto, mark, through)


def _entries(wish: Wish, position: Position, lookahead: int) -> Doing[list[Entry]]:
    """Return the next entries of the window, in the order of delivery."""
    window = position.window
    if window is None:
        raise AssertionError("no window is open")
    limit = wish.batch + (lookahead if len(window.through) > 1 else 0)
    found: list[list[Entry]] = []
    for machine, through in window.through.items():
        values = {
            "after": window.after.get(machine, 0),
            "through": through,
            "restored": position.restored.get(machine, 0),
            "fresh_after": window.fresh_after.get(machine, positions.NEVER),
            "upto": str(window.upto),
            "seen": str(position.seen),
            "row_limit": limit,
        }
        if values["after"] == through:
            continue
        rows = yield from ask_history(wish, machine, "outbox_batch.sql", values)
        try:
            found.append([entry_of(machine, row) for row in rows])
        except KeyError as error:
            raise not_as_made(machine, f"column {error.args[0]} is missing") from None
    return merged(found, wish.batch)
