"""Finding: something that does not hold, where, and how bad it is.

Pure: data only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pginterlock.model import Position


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold.

    *code* is a rule code (``IL12``) or, for what is no rule of rows, a word such as
    ``unreachable-state`` or ``trigger-disabled``. *count* is the number of rows concerned and
    *samples* some of their keys.
    """

    code: str
    message: str
    machine: str
    subject: str = ""
    severity: Severity = Severity.ERROR
    hint: str = ""
    position: "Position | None" = None
    count: int | None = None
    samples: tuple[Mapping[str, object], ...] = field(default=())
