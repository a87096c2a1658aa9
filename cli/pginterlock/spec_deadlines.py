"""The deadlines of a machine, and lengths of time, from a spec to the model.

Pure: data in, data out.
"""

import re
from collections.abc import Callable

from pginterlock.elements import Deadline
from pginterlock.model import SpecPath
from pginterlock.spec_format import DeadlinePart, MachinePart
from pginterlock.spelling import meant

_UNIT = r"(?:second|minute|hour|day|week|month|year)s?"
_INTERVAL = re.compile(rf"\d+(?:\.\d+)? {_UNIT}(?: \d+(?:\.\d+)? {_UNIT})*\Z")

Add = Callable[[SpecPath, str], None]


def is_interval(text: str) -> bool:
    """Whether *text* is a length of time as a spec writes it."""
    return _INTERVAL.match(text) is not None


def no_interval(text: str) -> str:
    """Return what is said of *text*, which is none."""
    return f"{text!r} is no length of time: write it as 15 minutes or 7 years"


def read_deadlines(part: MachinePart, add: Add, *, is_whole: bool) -> tuple[Deadline, ...]:
    """Return the deadlines of *part*; what is wrong with them goes to *add*.

    *is_whole* says that no move was left out, so that an event which is missing is unknown.
    """
    for state, it in part.deadlines.items():
        if not is_interval(it.after):
            add(("deadlines", state), no_interval(it.after))
        if it.then is not None and is_whole:
            _check_event(part, state, it, it.then, add)
    return tuple(Deadline(state, it.after, it.then) for state, it in part.deadlines.items())


def _check_event(part: MachinePart, state: str, it: DeadlinePart, event: str, add: Add) -> None:
    path = ("deadlines", state, "then")
    if event not in part.transitions:
        add(path, f"unknown event {it.then!r}{meant(event, part.transitions)}")
        return
    targets = {move.to for move in part.transitions[event] if state in move.from_}
    if not targets:
        add(path, f"{event} does not leave {state}")
    elif len(targets) > 1:
        add(path, f"{event} leads from {state} to {' and '.join(sorted(targets))}: to one only")
