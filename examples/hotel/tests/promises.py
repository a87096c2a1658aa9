"""What the machine of the hotel is to hold next: sections for the end of interlock.yaml."""

from dataclasses import replace

from examples.hotel.place import SPEC

from pginterlock import spec
from pginterlock.model import Spec

_MIRRORS = """
    mirrors:
      room_is_occupied:
        {table: hotel.room, key: assigned_room_id, column: is_occupied, in: [CHECKED_IN]}
"""
_REACTIONS = """
    reactions:
      capture_confirms: {when: payment_captured_at is not null, event: confirm}
"""
_DEADLINES = """
    deadlines:
      PENDING_APPROVAL: 1 second
"""
_DESK = ("front_desk", "night_audit")


def next_machine() -> Spec:
    """Return the machine with reactions and deadlines."""
    return _with(_REACTIONS + _DEADLINES)


def mirrored_machine() -> Spec:
    """Return the machine with a mirror, which the application's own writes of it contradict."""
    return _with(_MIRRORS)


def desk_machine() -> Spec:
    """Return the machine where only the roles of the desk may confirm and cancel."""
    whole = spec.load(SPEC)
    moves = tuple(
        replace(it, by=_DESK) if it.event in {"confirm", "cancel"} else it
        for it in whole.machines[0].transitions
    )
    return replace(whole, machines=(replace(whole.machines[0], transitions=moves),))


def _with(sections: str) -> Spec:
    return spec.parse(SPEC.read_text(encoding="utf-8") + sections, SPEC.name)
