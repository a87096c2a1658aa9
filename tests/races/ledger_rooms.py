"""Hold what the machine wrote of rooms against the bookings, in the order of the ticks. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.races.rooms import room_of
from tests.races.told import Disagreement, Event


def disagreements(in_order: Sequence[Event]) -> Iterator[Disagreement]:
    """Yield the bookings at whose write a room got another value than was so.

    Whoever lets a guest in or out writes the room, and keeps its lock to the end: so of each room
    the order of the ticks is that of the locks. A statement over several rows has written all of
    them before the machine writes a room: what is told of later is so already.
    """
    by_statement: dict[tuple[int, int], list[Event]] = defaultdict(list)
    bookings = [it for it in in_order if it.key >= 0]
    for it in bookings:
        by_statement[it.statement].append(it)
    last: dict[int, Event] = {}
    for event in bookings:
        mine = {it.key: it for it in by_statement[event.statement] if it.tick >= event.tick}
        for number, is_taken in event.rooms.items():
            is_so = any(room_of(it.after) == number for it in {**last, **mine}.values())
            if is_taken is not is_so:
                text = f"room {number} was told taken: {is_taken}, which was not so"
                yield Disagreement(None, event.key, text, event.text)
        last.pop(event.key, None)
        if room_of(event.after) is not None:
            last[event.key] = event
