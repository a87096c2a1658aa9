"""What a spec chooses between: modes, kinds of checks, when a stamp is filled, who is asked for.

Pure: no connection, no clock, no files.
"""

from collections.abc import Iterable
from enum import StrEnum


class Mode(StrEnum):
    """What happens to a write that breaks a rule."""

    OBSERVE = "observe"
    RATCHET = "ratchet"
    ENFORCE = "enforce"


def resolve_mode(
    modes: Iterable[tuple[str, Mode]], default: Mode, rule: str, item: str = ""
) -> Mode:
    """Return the mode of *item* of *rule*: its own, else its rule's, else *default*."""
    found = dict(modes)
    return found.get(f"{rule}.{item}", found.get(rule, default)) if found else default


class Checks(StrEnum):
    """Where the row rules are held beside the trigger."""

    FUNCTION = "function"
    NATIVE = "native"
    TRIGGER = "trigger"


class Continuity(StrEnum):
    """When a change made behind the triggers is found."""

    VERIFY = "verify"
    ONLINE = "online"


class Fill(StrEnum):
    """Who writes a stamp when its state is entered."""

    IF_NULL = "if_null"
    ALWAYS = "always"
    NEVER = "never"


class Need(StrEnum):
    """Whether something must be there."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class ActorNeed(StrEnum):
    """Whether a write must say who acts, and whether that must be proved."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    SIGNED = "signed"


class Presence(StrEnum):
    """What a stamp must be in one state: derived from the graph of moves."""

    REQUIRED = "required"
    FORBIDDEN = "forbidden"
    OPTIONAL = "optional"
