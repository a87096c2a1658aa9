"""Everything that can go wrong, as types.

* InterlockError - root; ``exit_code`` says how the command ends

  * UsageError - wrong options or arguments (2)
  * SpecError - the spec cannot be read or contradicts itself (2)
  * TemplateError - a template and its slots do not fit: our own defect (2)
  * EnvironmentFault - no connection, no right, lock timeout, a standby (3)
  * UnsafeError - refused for safety: a stale plan, rows that break the rules already (4)
  * IncompleteError - stopped half way; run again to resume (5)
  * Refused - the database refused a write; one subclass for each rule code

    * IllegalTransition (IL01), IllegalBirth (IL02), IllegalDeath (IL03), GuardFailed (IL04),
      NotAuthorised (IL05), Unattributed (IL06), Frozen (IL07), StaleState (IL08),
      MirrorDisagrees (IL09), Discontinuous (IL10), UnknownState (IL11), StampBroken (IL12),
      StateRowBroken (IL13), InvariantBroken (IL14), ClaimTaken (IL15), DeadlinePassed (IL16)
"""

from collections.abc import Mapping
from typing import ClassVar


class InterlockError(Exception):
    """Root of every error this package raises; *remedy* says what to do about it."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(InterlockError):
    """Options or arguments that make no sense."""


class SpecError(InterlockError):
    """The spec file cannot be read or contradicts itself; *problems* are all that was found."""

    def __init__(self, problems: tuple[str, ...], *, remedy: str | None = None) -> None:
        super().__init__("\n".join(problems), remedy=remedy)
        self.problems = problems


class TemplateError(InterlockError):
    """A template and its slots do not fit."""


class EnvironmentFault(InterlockError):
    """Something around us is missing: a connection, a right, a lock, a writable server."""

    exit_code = 3


class UnsafeError(InterlockError):
    """Going on would do harm; nothing was changed."""

    exit_code = 4


class IncompleteError(InterlockError):
    """Stopped half way, with nothing lost; run again to resume."""

    exit_code = 5


class Refused(InterlockError):
    """The database refused a write."""

    exit_code = 4
    code: ClassVar[str]
    by_code: ClassVar[dict[str, type["Refused"]]] = {}

    def __init_subclass__(cls, *, code: str) -> None:
        cls.code = code
        Refused.by_code[code] = cls

    def __init__(self, message: str, *, remedy: str | None, detail: Mapping[str, object]) -> None:
        super().__init__(message, remedy=remedy)
        self.detail = detail


class IllegalTransition(Refused, code="IL01"):
    """The machine has no such transition."""


class IllegalBirth(Refused, code="IL02"):
    """The row does not begin in an initial state, or its key was used before."""


class IllegalDeath(Refused, code="IL03"):
    """The row may not be deleted, or the table not be truncated."""


class GuardFailed(Refused, code="IL04"):
    """The condition of the move does not hold."""


class NotAuthorised(Refused, code="IL05"):
    """The role may not make this move."""


class Unattributed(Refused, code="IL06"):
    """The actor or the reason is missing."""


class Frozen(Refused, code="IL07"):
    """The column may not change here."""


class StaleState(Refused, code="IL08"):
    """The row is not in the state that the caller expected."""


class MirrorDisagrees(Refused, code="IL09"):
    """The other table disagrees."""


class Discontinuous(Refused, code="IL10"):
    """The row is not where its history says."""


class UnknownState(Refused, code="IL11"):
    """The machine has no such state."""


class StampBroken(Refused, code="IL12"):
    """A stamp is missing, or set where it must not be."""


class StateRowBroken(Refused, code="IL13"):
    """The row does not look as its state asks."""


class InvariantBroken(Refused, code="IL14"):
    """A condition that holds always, or in this state, does not."""


class ClaimTaken(Refused, code="IL15"):
    """Another row holds the resource."""


class DeadlinePassed(Refused, code="IL16"):
    """The row has stayed too long."""
