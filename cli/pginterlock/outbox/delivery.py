"""Deliver entries to a named cursor: every decision, and the SQL to run, without a connection.

Pure: a generator that yields requests and is sent their answers; `drivers` has the connections.
"""

import random
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from psycopg import errors
from psycopg.rows import DictRow

from pginterlock import assets, database
from pginterlock.audit import Entry, entry_of
from pginterlock.errors import EnvironmentFault, InterlockError, UsageError
from pginterlock.names import cut, ident
from pginterlock.outbox import position as positions
from pginterlock.outbox.order import merged
from pginterlock.outbox.position import UNBEGUN, Mark, Position
from pginterlock.outbox.requests import Answer, Ask, Begin, Core, End, Hand, Request, Wait
from pginterlock.outbox.snapshots import Snapshot
from pginterlock.template import fill

_T = TypeVar("_T")
_Doing = Generator[Request, Answer, _T]
_TRY_AGAIN_S = 0.05
_END, _FOREIGN = "outbox_end.sql", "outbox_foreign.sql"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a consumer wants; the words are those of `consume`."""

    name: str
    machines: tuple[str, ...] | None
    batch: int
    start: str
    follow: bool
    wait_s: float
    patience_s: float
    listen: bool


@dataclass(frozen=True, slots=True)
class _Now:
    """A moment: what is decided, who asks, and which cluster counts."""

    snapshot: Snapshot
    xid: int | None
    cluster: str


class _TakenError(Exception):
    """Another consumer has the cursor at this moment."""


def deliver(wish: Wish) -> Core:
    """Hand out entries, batch by batch, each in a transaction that also moves the cursor."""
    place = yield from _reading(_place(wish))
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
                raise _taken(wish.name) from None
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
        channels = channels or (yield from _reading(_channels(wish)))
        # With jitter, so that many consumers do not ask at the same moment.
        yield Wait(wish.wait_s * random.uniform(0.8, 1.2), channels)  # noqa: S311 - no secret


def _batch(wish: Wish, xid: int, position: Position, entries: Sequence[Entry]) -> _Doing[None]:
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
    moved = yield from _ask("outbox_move.sql", values)
    if not moved:
        raise UsageError(
            f"the transaction of a batch of cursor {wish.name!r} was ended by somebody else",
            remedy="Leave commit and rollback of this connection to the consumer; its commit() "
            "keeps what was handed out so far.",
        )
    yield End(is_commit=True)


def _next_position(wish: Wish, *, may_open: bool) -> _Doing[tuple[int, Position, bool] | None]:
    """Return who has the cursor, the cursor with a window open, and whether that one is new.

    None where nothing is new, or where a window is to be opened and may not be.
    """
    cursor = yield from _cursor(wish)
    machines = cursor["machines"]
    ends = yield from _ids(wish, machines, _END)
    now = yield from _now()
    position = _position(wish, cursor)
    if not (position.window or may_open) or not _is_worthwhile(position, now, ends):
        return None
    try:
        [locked] = yield from _ask("outbox_lock.sql", {"name": wish.name})
    except (errors.LockNotAvailable, errors.SerializationFailure):
        raise _TakenError from None
    position = _position(wish, locked)
    # From here on the transaction has an id: what begins after it writes after `ends`.
    now = yield from _now()
    if now.xid is None:
        raise AssertionError("a lock takes a transaction id")
    is_new = position.window is None
    if is_new:
        through = yield from _ids(wish, machines, _END)
        position = yield from _opened(wish, position, now, now.xid, ends, through)
    return now.xid, position, is_new


def _is_worthwhile(position: Position, now: _Now, ends: Mapping[str, int]) -> bool:
    """Whether there can be entries that are not delivered; a poll that finds none writes none."""
    if position.window or _is_elsewhere(position, now):
        return True
    return any(position.low(now.snapshot, machine) < end for machine, end in ends.items())


def _is_elsewhere(position: Position, now: _Now) -> bool:
    """Whether *position* counts the transactions of another cluster than this one."""
    return position.cluster != now.cluster or position.seen.xmax > max(
        now.snapshot.xmax, now.xid or 0
    )


def _opened(
    wish: Wish,
    position: Position,
    now: _Now,
    xid: int,
    ends: Mapping[str, int],
    through: Mapping[str, int],
) -> _Doing[Position]:
    upto, mark = now.snapshot.without(xid), Mark(xid, ends)
    if not _is_elsewhere(position, now):
        return position.opened(upto, mark, through)
    restored = yield from _ids(wish, through, _FOREIGN)
    return position.moved(now.cluster, restored, upto, mark, through)


def _entries(wish: Wish, position: Position, lookahead: int) -> _Doing[list[Entry]]:
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
        rows = yield from _history(wish, machine, "outbox_batch.sql", values)
        try:
            found.append([entry_of(machine, row) for row in rows])
        except KeyError as error:
            raise _not_as_made(machine, f"column {error.args[0]} is missing") from None
    return merged(found, wish.batch)


# --- the cursor ---


def _place(wish: Wish) -> _Doing[DictRow]:
    """Look whether a cursor can be kept here, and make it where there is none."""
    [place] = yield from _ask("outbox_place.sql")
    if not (place["has_registry"] and place["has_cursors"]):
        raise EnvironmentFault(
            "schema interlock is not here, or without the tables of the outbox",
            remedy="interlock apply installs it, and brings it to the current version.",
        )
    if place["is_standby"] or place["is_read_only"]:
        raise EnvironmentFault(
            "the server is read only (a standby?): no cursor can be kept here",
            remedy="Connect to the primary; `interlock tail` without --cursor reads here too.",
        )
    if not (place["may_read_registry"] and place["may_keep_cursors"]):
        raise _no_right(place["role_name"], wish.machines or ())
    if not (yield from _ask("outbox_cursor.sql", {"name": wish.name})):
        yield from _make(wish, place)
    cursor = yield from _cursor(wish)
    if wish.machines is not None and set(wish.machines) != set(cursor["machines"]):
        raise UsageError(
            f"cursor {wish.name!r} reads {', '.join(cursor['machines'])}, and not"
            f" {', '.join(wish.machines)}",
            remedy="Take another name, or leave the machines out.",
        )
    yield from _readable(cursor["machines"], place["role_name"])
    return place


def _make(wish: Wish, place: DictRow) -> _Doing[None]:
    rows = yield from _ask("outbox_machines.sql")
    known = [it["machine_name"] for it in rows]
    chosen = known if wish.machines is None else list(wish.machines)
    unknown = [repr(it) for it in chosen if it not in known]
    if unknown or not chosen:
        raise UsageError(
            f"no machine {', '.join(unknown)} is installed here; installed:"
            f" {', '.join(known) or 'none'}",
            remedy="interlock apply installs the machines of a spec.",
        )
    yield from _readable(chosen, place["role_name"])
    position = UNBEGUN
    if wish.start == "now":
        position = yield from _at_now(wish, chosen)
    values = {
        "name": wish.name,
        "machines": chosen,
        "position": positions.write(position),
    }
    yield from _ask("outbox_make.sql", values)


def _at_now(wish: Wish, machines: Sequence[str]) -> _Doing[Position]:
    ends = yield from _ids(wish, machines, _END)
    yield Ask("select pg_catalog.pg_current_xact_id()::text as xid")
    now = yield from _now()
    xid = now.xid or 0
    restored = yield from _ids(wish, machines, _FOREIGN)
    return positions.from_now(now.cluster, restored, now.snapshot.without(xid), Mark(xid, ends))


def _cursor(wish: Wish) -> _Doing[DictRow]:
    found = yield from _ask("outbox_cursor.sql", {"name": wish.name})
    if not found:
        raise UsageError(
            f"cursor {wish.name!r} belongs to another role, or was deleted",
            remedy="Take another name, or connect as the role that made it.",
        )
    return found[0]


def _position(wish: Wish, row: DictRow) -> Position:
    try:
        return positions.read(row["position"])
    except ValueError as error:
        raise EnvironmentFault(
            f"the position of cursor {wish.name!r} cannot be read: {error}",
            remedy="It was changed by hand; delete the row of interlock.outbox_cursor to begin "
            "anew.",
        ) from None


def _readable(machines: Sequence[str], role: str) -> _Doing[None]:
    names = {cut(f"{machine}_audit"): machine for machine in machines}
    rows = yield from _ask("outbox_histories.sql", {"names": list(names)})
    there = {row["audit_name"]: row["may_read"] for row in rows}
    for name, machine in names.items():
        if name not in there:
            raise EnvironmentFault(
                f"the history of {machine} is gone: interlock.{name} is not there",
                remedy="Begin a cursor of another name on the machines that are left.",
            )
    if not all(there.values()):
        raise _no_right(role, machines)


# --- questions ---


def _now() -> _Doing[_Now]:
    [row] = yield from _ask("outbox_now.sql")
    xid = row["xid"]
    return _Now(Snapshot.read(row["snapshot"]), None if xid is None else int(xid), row["cluster"])


def _ids(wish: Wish, machines: Iterable[str], template: str) -> _Doing[dict[str, int]]:
    found = {}
    for machine in machines:
        [row] = yield from _history(wish, machine, template, {})
        found[machine] = int(row["id"])
    return found


def _channels(wish: Wish) -> _Doing[tuple[str, ...]]:
    if not wish.listen:
        return ()
    [cursor] = yield from _ask("outbox_cursor.sql", {"name": wish.name})
    rows = yield from _ask("outbox_machines.sql")
    wanted = [it["channel"] for it in rows if it["machine_name"] in cursor["machines"]]
    return tuple(dict.fromkeys(filter(None, wanted)))


def _history(
    wish: Wish, machine: str, template: str, values: Mapping[str, object]
) -> _Doing[list[DictRow]]:
    text = fill(assets.read("sql", "templates", template), {"audit_name": cut(f"{machine}_audit")})
    try:
        return (yield from _asked(Ask(text, values)))
    except errors.InsufficientPrivilege as error:
        raise EnvironmentFault(
            f"the history of {machine} may not be read any more by this role",
            remedy=f"As its owner: grant select on interlock.{machine}_audit to ...;",
        ) from error
    except errors.UndefinedTable:
        raise EnvironmentFault(
            f"the history of {machine} is gone, and cursor {wish.name!r} reads it",
            remedy="Begin a cursor of another name on the machines that are left.",
        ) from None
    except errors.UndefinedColumn as error:
        raise _not_as_made(machine, error.diag.message_primary or "") from None


def _ask(query: str, values: Mapping[str, object] | None = None) -> _Doing[list[DictRow]]:
    return (yield from _asked(Ask(assets.read("sql", "queries", query), values or {})))


def _asked(ask: Ask) -> _Doing[list[DictRow]]:
    answer = yield ask
    return answer if isinstance(answer, list) else []


def _reading(doing: _Doing[_T]) -> _Doing[_T]:
    """Do something in a transaction of its own."""
    yield Begin()
    result = yield from doing
    yield End(is_commit=True)
    return result


# --- errors ---


@contextmanager
def told() -> Iterator[None]:
    """Turn errors of the server into ours."""
    with database.faults():
        yield


def _taken(name: str) -> InterlockError:
    return UsageError(
        f"cursor {name!r} is taken: another consumer is reading with it",
        remedy="One name, one consumer; several consumers take several names.",
    )


def _no_right(role: str, machines: Sequence[str]) -> InterlockError:
    audits = [f"interlock.{ident(cut(f'{it}_audit'))}" for it in machines]
    relations = ", ".join(["interlock.machine", *(audits or ["interlock.<machine>_audit"])])
    return EnvironmentFault(
        f"role {role} may not keep a cursor of the outbox, or read what it delivers",
        remedy="As the owner of schema interlock:"
        f" grant select on {relations} to {ident(role)};"
        f" grant select, insert, update on interlock.outbox_cursor to {ident(role)};",
    )


def _not_as_made(machine: str, told_: str) -> InterlockError:
    return EnvironmentFault(
        f"the history of {machine} is not as it was made: {told_}",
        remedy="interlock verify says what was changed.",
    )
