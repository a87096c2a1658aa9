"""The names that the objects of one machine get: how they are found again.

Pure: text in, text out.
"""

import re
from dataclasses import dataclass

from pginterlock.names import cut
from pginterlock.rules.birth import tombstone_name
from pginterlock.rules.claim_judge import turn_name
from pginterlock.rules.continuity import head_name

_CALLED = ("fire", "allowed", "approve", "approval")
_FUNCTIONS = ("prebirth", "premove", "birth", "change", "death", *_CALLED)
_TRIGGERS = (
    "10_{}_prebirth",
    "10_{}_premove",
    "50_{}_birth",
    "50_{}_change",
    "50_{}_death",
    "90_{}_truncate",
)


@dataclass(frozen=True, slots=True)
class MachineNames:
    """All names of ours that belong to *machine*."""

    machine: str

    @property
    def audit(self) -> str:
        """The history."""
        return cut(f"{self.machine}_audit")

    @property
    def tables(self) -> list[str]:
        """The tables in schema interlock."""
        return [
            self.audit,
            tombstone_name(self.machine),
            head_name(self.machine),
            turn_name(self.machine),
        ]

    @property
    def functions(self) -> list[str]:
        """The functions in schema interlock: those of triggers, and those that people call."""
        return [cut(f"{self.machine}_{what}") for what in _FUNCTIONS]

    @property
    def called(self) -> list[str]:
        """Those of them that anybody may call."""
        return [cut(f"{self.machine}_{what}") for what in _CALLED]

    @property
    def row(self) -> str:
        """The function that judges a row, and the CHECK that calls it."""
        return cut(f"interlock_{self.machine}_row")

    @property
    def table_functions(self) -> list[str]:
        """The functions in the schema of the user's table."""
        return [*self.by_place, self.funnel]

    @property
    def by_place(self) -> list[str]:
        """Those of them that a CHECK calls with its columns: they name things in messages alone."""
        return [self.row, cut(f"interlock_{self.machine}_refuse")]

    @property
    def funnel(self) -> str:
        """The function that moves rows with the rights of the table's owner."""
        return cut(f"interlock_{self.machine}_fire")

    @property
    def triggers(self) -> list[str]:
        """The triggers on the user's table."""
        return [cut("interlock_" + name.format(self.machine)) for name in _TRIGGERS]

    def owns_check(self, name: str, note: str) -> bool:
        """Whether the CHECK called *name*, with comment *note*, is this machine's."""
        if name == self.row:
            return True
        others = re.match(r"([a-z_][a-z0-9_]*): ", note)
        if others and others[1] != self.machine:
            return False
        return re.match(rf"interlock_{re.escape(self.machine)}_[0-9]{{2}}_", name) is not None
