"""Observed: what was seen at run time of one site.

Pure: data only.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Sight(StrEnum):
    """Whether a site was seen at run time; ``perhaps``: what was seen fits several sites."""

    SEEN = "seen"
    PERHAPS = "perhaps"
    NEVER = "never seen"


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of one site: entries of the history, refusals, violations, and the last time.

    Where several sites fit, each has the whole count, and *sight* says ``perhaps``.
    """

    sight: Sight
    entries: int = 0
    refused: int = 0
    recorded: int = 0
    last_at: datetime | None = None
    by: tuple[str, ...] = ()  # the write sites as the database knows them


@dataclass(frozen=True, slots=True)
class Foreign:
    """What was seen of a machine and fits no site: somebody writes who is not in this code."""

    machine: str
    by: str
    role: str
    events: tuple[str, ...]
    entries: int
    refused: int
    recorded: int
    last_at: datetime
