"""The row of a cursor: made where there is none, read, and where it cannot be, why.

Pure: generators that yield requests and are sent their answers.
"""

from collections.abc import Sequence

from psycopg.rows import DictRow

from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.names import cut
from pginterlock.outbox import position as positions
from pginterlock.outbox.position import UNBEGUN, Mark, Position
from pginterlock.outbox.questions import (
    END,
    FOREIGN,
    Doing,
    Wish,
    ask,
    ends_of,
    no_right,
    now_is,
)
from pginterlock.outbox.requests import Ask


def place_of(wish: Wish) -> Doing[DictRow]:
    """Look whether a cursor can be kept here, and make it where there is none."""
    [place] = yield from ask("outbox_place.sql")
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
        raise no_right(place["role_name"], wish.machines or ())
    if not (yield from ask("outbox_cursor.sql", {"name": wish.name})):
        yield from _make(wish, place)
    cursor = yield from cursor_of(wish)
    if wish.machines is not None and set(wish.machines) != set(cursor["machines"]):
        raise UsageError(
            f"cursor {wish.name!r} reads {', '.join(cursor['machines'])}, and not"
            f" {', '.join(wish.machines)}",
            remedy="Take another name, or leave the machines out.",
        )
    yield from _readable(cursor["machines"], place["role_name"])
    return place


def _make(wish: Wish, place: DictRow) -> Doing[None]:
    rows = yield from ask("outbox_machines.sql")
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
    yield from ask("outbox_make.sql", values)


def _at_now(wish: Wish, machines: Sequence[str]) -> Doing[Position]:
    ends = yield from ends_of(wish, machines, END)
    yield Ask("select pg_catalog.pg_current_xact_id()::text as xid")
    now = yield from now_is()
    xid = now.xid or 0
    restored = yield from ends_of(wish, machines, FOREIGN)
    return positions.from_now(now.cluster, restored, now.snapshot.without(xid), Mark(xid, ends))


def cursor_of(wish: Wish) -> Doing[DictRow]:
    """Return the row of the cursor, which is to be there."""
    found = yield from ask("outbox_cursor.sql", {"name": wish.name})
    if not found:
        raise UsageError(
            f"cursor {wish.name!r} belongs to another role, or was deleted",
            remedy="Take another name, or connect as the role that made it.",
        )
    return found[0]


def position_of(wish: Wish, row: DictRow) -> Position:
    """Return the position in the row of a cursor."""
    try:
        return positions.read(row["position"])
    except ValueError as error:
        raise EnvironmentFault(
            f"the position of cursor {wish.name!r} cannot be read: {error}",
            remedy="It was changed by hand; delete the row of interlock.outbox_cursor to begin "
            "anew.",
        ) from None


def _readable(machines: Sequence[str], role: str) -> Doing[None]:
    names = {cut(f"{machine}_audit"): machine for machine in machines}
    rows = yield from ask("outbox_histories.sql", {"names": list(names)})
    there = {row["audit_name"]: row["may_read"] for row in rows}
    for name, machine in names.items():
        if name not in there:
            raise EnvironmentFault(
                f"the history of {machine} is gone: interlock.{name} is not there",
                remedy="Begin a cursor of another name on the machines that are left.",
            )
    if not all(there.values()):
        raise no_right(role, machines)
