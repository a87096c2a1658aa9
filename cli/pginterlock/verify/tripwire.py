"""The tripwire: whether it is there and on, and watches the machines as they are."""

from collections.abc import Iterator

from pginterlock import tripwire
from pginterlock.findings import Finding
from pginterlock.tripwire import Mode, Tripwire

_APPLY = "As a superuser: interlock apply, or interlock tripwire refuse"
_NAME = "tripwire"


def found(wire: Tripwire) -> Iterator[Finding]:
    """Yield what keeps the tripwire from refusing DDL that would disarm a machine."""
    if not wire.is_known or not wire.is_wanted:
        return
    if not wire.there:
        if wire.mode is not None:
            yield Finding(
                "tripwire-missing",
                f"the tripwire was set to {wire.mode} by {wire.set_by}, and is not there",
                "",
                _NAME,
                hint=_APPLY,
            )
        return
    for name in wire.missing:
        yield Finding(
            "tripwire-changed", f"event trigger {name} is missing", "", _NAME, hint=_APPLY
        )
    for name, told in wire.changed:
        said = f"event trigger {name} {told}"
        if told in tripwire.OFF:
            yield Finding("tripwire-disabled", said, "", _NAME, hint=_APPLY)
        else:
            yield Finding("tripwire-changed", said, "", _NAME, hint=_APPLY)
    for where in wire.switched_off:
        yield Finding(
            "tripwire-switched-off",
            f"event triggers do not fire: event_triggers is off {where}",
            "",
            _NAME,
            hint="Reset event_triggers there; only a superuser can have set it",
        )
    for it in wire.watched or ():
        if it.losses or not it.is_watched:
            told = it.losses[0] if it.losses else "nothing of it is recorded"
            yield Finding(
                "tripwire-stale",
                f"the tripwire does not watch {it.machine} as it is: {told}",
                it.machine,
                _NAME,
                hint="interlock apply records it anew",
            )


def notes(wire: Tripwire) -> Iterator[str]:
    """Yield what was chosen, or could not be had."""
    if wire.mode is Mode.OFF:
        yield f"the tripwire was taken away by {wire.set_by}: it refuses no DDL"
    elif wire.mode is None and not wire.there:
        yield "no tripwire: DDL that disarms a machine is found by verify, and not refused"
    elif wire.mode is Mode.RECORD:
        yield f"the tripwire only records, as {wire.set_by} asked: it refuses no DDL"
