"""What the core of the outbox asks of whoever drives it, over a connection or an event loop.

Pure: data only.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

from psycopg.rows import DictRow

from pginterlock.audit import Entry


@dataclass(frozen=True, slots=True)
class Ask:
    """Run a query of ours in the transaction of the batch, and answer with its rows."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin a transaction."""


@dataclass(frozen=True, slots=True)
class End:
    """Commit the transaction of the batch, or roll it back."""

    is_commit: bool


@dataclass(frozen=True, slots=True)
class Hand:
    """Hand an entry to the caller; answer whether what was handed out is to be kept now."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so long, or until somebody notifies one of the channels; no transaction is open."""

    seconds: float
    channels: tuple[str, ...] = ()


Request = Ask | Begin | End | Hand | Wait
Answer = list[DictRow] | bool | None
Core = Generator[Request, Answer, None]
Asking = Generator[Request, Answer, list[DictRow]]
