"""The rooms of the inn, which follow the state of its bookings: the mirror, by hand. Pure.

`taken` of a room is whether a booking that is in names it. A room stands beside the bookings under
a key that none of them has: its number, below zero.
"""

from collections.abc import Iterable, Iterator, Mapping

from tests.races.model import Judgement, Row, Value

NUMBERS = (1, 2, 3, 4)
IN = ("ARRIVED",)


def room_key(number: Value) -> int:
    """Return the key under which the room stands beside the bookings."""
    return -int(number or 0)


def key_of(row: Row) -> int:
    """Return the key of a booking, of a room, or of an approval."""
    if "number" in row:
        return room_key(row["number"])
    return int(row.get("id", row.get("approval_id")) or 0)


# As they are when a round begins.
START: Mapping[int, Row] = {
    room_key(it): {"number": it, "taken": False, "shut": False} for it in NUMBERS[:-1]
}


def room_of(row: Row | None) -> Value:
    """Return the room that a booking makes a taken one, if it does."""
    return row["room"] if row is not None and row["status"] in IN else None


def changed(before: Row | None, after: Row | None) -> tuple[Value, Value]:
    """Return the room that a write leaves, and the one that it takes."""
    left, taken = room_of(before), room_of(after)
    return (None, None) if left == taken else (left, taken)


def judge_room(before: Row | None, after: Row | None) -> Judgement:
    """Judge what somebody else writes of a room: under its lock, nothing else is so than before."""
    was = before is not None and before["taken"]
    now = after["taken"] if after is not None else False
    return Judgement(after, frozenset({"IL09"} if now is not was else ()))


def wrong_writes(
    before: Row | None, after: Row | None, rooms: Mapping[int, Row], *, needs_open: bool
) -> Iterator[str]:
    """Say what is wrong with what the machine wrote of *rooms*, as a booking was written.

    What stands in the one that was left is for the ledger: others may be in it.
    """
    left, taken = changed(before, after)
    wanted = {it for it in (left, taken) if it is not None}
    if wanted != set(rooms):
        yield f"wrote the rooms {sorted(rooms)}, not {sorted(map(int, wanted))}"
    elif taken is not None:
        room = rooms[int(taken)]
        if room["taken"] is not True:
            yield f"room {taken} is not taken"
        if needs_open and room["shut"]:
            yield "applied, but the model refuses it by IL04: the room is shut"


def wrong_rooms(bookings: Iterable[Row], rooms: Iterable[Row]) -> Iterator[tuple[int, str]]:
    """Yield the rooms that are not what *bookings* say, and bookings that name no room."""
    held = {room_of(it): it for it in bookings}
    held.pop(None, None)
    for room in rooms:
        booking = held.pop(room["number"], None)
        if room["taken"] is not (booking is not None):
            yield key_of(room), f"taken is {room['taken']}, which is not so"
    for number, booking in held.items():
        yield key_of(booking), f"is in room {number}, which is not there"
