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
    """The database refused a write.

    What the server said of it is in *detail*, and by name in the properties; *constraint* is
    machine and rule (``booking.transition``), *table* has its schema before it.
    """

    exit_code = 4
    code: ClassVar[str]
    by_code: ClassVar[dict[str, type["Refused"]]] = {}

    def __init_subclass__(cls, *, code: str) -> None:
        cls.code = code
        Refused.by_code[code] = cls

    def __init__(
        self,
        message: str,
        *,
        remedy: str | None,
        detail: Mapping[str, object],
        sqlstate: str = "23514",
        constraint: str = "",
        table: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.detail = detail
        self.sqlstate = sqlstate
        self.constraint = constraint
        self.table = table

    @property
    def hint(self) -> str:
        """What would be allowed, for people."""
        return self.remedy or ""

    @property
    def machine(self) -> str:
        """The machine that refused."""
        return self._text("machine") or ""

    @property
    def rule(self) -> str:
        """The name of its rule, such as ``transition``."""
        return self._text("rule") or ""

    @property
    def key(self) -> Mapping[str, object] | None:
        """The key of the row; None where no row is concerned."""
        found = self.detail.get("key")
        return found if isinstance(found, Mapping) else None

    @property
    def from_state(self) -> str | None:
        """The state that was to be left; None at birth."""
        return self._text("from")

    @property
    def to_state(self) -> str | None:
        """The state that was to be entered; None at death."""
        return self._text("to")

    @property
    def event(self) -> str | None:
        """The name of the move, where the write came to be one."""
        return self._text("event")

    @property
    def allowed(self) -> tuple[str, ...]:
        """The states that would have been allowed."""
        return self._texts("allowed")

    @property
    def missing(self) -> tuple[str, ...]:
        """What the write lacked: columns, or ``actor`` and ``reason``."""
        return self._texts("missing")

    def _text(self, name: str) -> str | None:
        found = self.detail.get(name)
        return None if found is None else str(found)

    def _texts(self, name: str) -> tuple[str, ...]:
        found = self.detail.get(name)
        return tuple(map(str, found)) if isinstance(found, list) else ()


class IllegalTransition(Refused, code="IL01"):
    """The machine has no such transition."""


class IllegalBirth(Refused, code="IL02"):
    """The row does not begin in an initial state, or its key was used before."""


class IllegalDeath(Refused, code="IL03"):
    """The row may not be deleted, or the table not be truncated."""


class GuardFailed(Refused, code="IL04"):
    """The condition of the move does not hold."""


class NotAuthorised(Refused, code="IL05"):
    """The role may not make this move; or, with rule ``approval``, it lacks approvals."""


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
    """Another row holds the resource; or the row holds it without beginning or end.

    An index refuses the former, and the server says what it may tell: *wanted* is what the row asks
    for, by column, and *holder* what the other row has, its key at the end where the claim has a
    range. Both are empty where the writer may not read the columns.
    """

    @property
    def claim(self) -> str | None:
        """The name of the claim."""
        return self._text("claim")

    @property
    def wanted(self) -> Mapping[str, str]:
        """What the row asks for, by column."""
        return self._pairs("wanted")

    @property
    def holder(self) -> Mapping[str, str]:
        """What the row has that holds it already, by column."""
        return self._pairs("holder")

    def _pairs(self, name: str) -> Mapping[str, str]:
        found = self.detail.get(name)
        return found if isinstance(found, Mapping) else {}


class DeadlinePassed(Refused, code="IL16"):
    """The row has stayed too long."""


class Disarming(Refused, code="IL17"):
    """The DDL would have disarmed the machine; *missing* says what it would have lost."""
