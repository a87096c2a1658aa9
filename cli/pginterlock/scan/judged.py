"""A site with all that is said of it: verdict, module, protection, findings.

Pure: data in, data out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pginterlock.findings import Severity
from pginterlock.scan.observed import Observed
from pginterlock.scan.outcomes import Verdict, listed
from pginterlock.scan.places import Role, module_of, role, service_of
from pginterlock.scan.site import Callers, Label, Site, Transaction
from pginterlock.scan.verdicts import Judgement, judge

if TYPE_CHECKING:
    from pginterlock.model import Machine


class Kind(StrEnum):
    """What kind of column a site writes first."""

    STATE = "state"
    STAMP = "stamp"
    OTHER = "other"


class Protection(StrEnum):
    """Whether a write is inside a transaction that the code opens."""

    PROTECTED = "protected"
    UNPROTECTED = "unprotected"
    CALLER = "caller's"
    UNKNOWN = "unknown"
    NOTHING_RUNS = "nothing runs"


class Code(StrEnum):
    """What can be found at a site: the words of `--fail-on`."""

    NEVER_ALLOWED = "never-allowed"
    STAMP_ALONE = "stamp-without-state"
    MISSING_STAMP = "missing-stamp"
    UNPROTECTED = "unprotected"
    AUTHORITY = "authority"
    NEW = "new"


SEVERITY = {
    Code.NEVER_ALLOWED: Severity.ERROR,
    Code.STAMP_ALONE: Severity.ERROR,
    Code.MISSING_STAMP: Severity.ERROR,
    Code.UNPROTECTED: Severity.WARNING,
    Code.AUTHORITY: Severity.WARNING,
    Code.NEW: Severity.ERROR,
}
SUMMARY = {
    Code.NEVER_ALLOWED: "The machine never allows this write.",
    Code.STAMP_ALONE: "A stamp is written, and its state is not entered.",
    Code.MISSING_STAMP: "A state is entered whose stamp nobody writes.",
    Code.UNPROTECTED: "The row is read and written without a transaction around both.",
    Code.AUTHORITY: "A write outside the services that the spec names.",
    Code.NEW: "A write that the baseline does not hold.",
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding at a site, in words."""

    code: Code
    message: str

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return SEVERITY[self.code]


@dataclass(frozen=True, slots=True)
class Judged:
    """A site and what is said of it.

    *owner* is the class of the table, or the table where no class is known: SQL names the one, code
    the other, and both are one thing. *accepted* is the reason of a comment that accepts it.
    *is_new*: the baseline does not hold it; None where there is no baseline. *observed* is what was
    seen of it at run time, None where nobody looked.
    """

    site: Site
    judgement: Judgement
    kind: Kind
    role: Role
    module: str
    owner: str
    is_elsewhere: bool = False  # not in a service, and the machine names some
    accepted: str | None = None
    is_new: bool | None = None
    observed: Observed | None = None

    @property
    def is_counted(self) -> bool:
        """Whether it is a production write: what the figures are about."""
        return self.role is Role.PRODUCTION and self.site.label is Label.WRITE

    @property
    def protection(self) -> Protection:
        """Whether a transaction protects it."""
        return protection(self.site)

    @property
    def subject(self) -> str:
        """Model, or table, and field: ``RoomBooking.status``."""
        return f"{self.owner}.{self.site.field}"

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is wrong with it; nothing of what is accepted or no production write."""
        if self.accepted is not None or not self.is_counted:
            return ()
        return judged_remarks(self)


def judged_remarks(it: Judged) -> tuple[Remark, ...]:
    """Return what is wrong with *it*, also where a comment accepts it."""
    return tuple(_remarks(it)) if it.is_counted else ()


def protection(site: Site) -> Protection:
    """Return whether a transaction protects *site*.

    A write in the unit of work of a session is: the session opens a transaction when it reads.
    """
    match site.transaction, site.callers:
        case (Transaction.YES | Transaction.SESSION, _) | (Transaction.CALLER, Callers.ALL):
            return Protection.PROTECTED
        case (Transaction.NO, _) | (Transaction.CALLER, Callers.NO):
            return Protection.UNPROTECTED
        case Transaction.CALLER, _:
            return Protection.CALLER
        case Transaction.NONE, _:
            return Protection.NOTHING_RUNS
        case _:
            return Protection.UNKNOWN


def judged(
    sites: Iterable[Site],
    machines: "Sequence[Machine]",
    *,
    roots: Sequence[str] = (),
    accepted: Callable[[Site], str | None] = lambda _: None,
    states: Mapping[str, str] | None = None,
) -> list[Judged]:
    """Return *sites* with all that is said of them, by file and line.

    *roots* are the paths that were asked for. *states* maps a model that has no machine to the
    column that is its state.
    """
    by_name = {it.name: it for it in machines}
    in_order = sorted(sites, key=lambda it: (it.file, it.line, it.column, it.field))
    owners = _owners(in_order)
    found = []
    for site in in_order:
        machine = by_name.get(site.machine or "")
        services = machine.services if machine else ()
        found.append(
            Judged(
                site,
                judge(site, machine),
                _kind(site, machine, states or {}),
                role(site.file, roots),
                module_of(site.file, services),
                owners.get(site.table or "") or site.model or site.table or "?",
                is_elsewhere=bool(services) and service_of(site.file, services) is None,
                accepted=accepted(site),
            )
        )
    return found


def _owners(sites: Iterable[Site]) -> dict[str, str]:
    """Return the class of each table, where a site names one."""
    found: dict[str, str] = {}
    for it in sites:
        if it.table and it.model and it.model != it.table:
            found.setdefault(it.table, it.model)
    return found


def _kind(site: Site, machine: "Machine | None", states: Mapping[str, str]) -> Kind:
    if machine is None:
        state = states.get(site.model, site.field)
        return Kind.STATE if site.field == state else Kind.OTHER
    if site.field == machine.state:
        return Kind.STATE
    is_stamp = any(it.column == site.field for it in machine.stamps)
    return Kind.STAMP if is_stamp else Kind.OTHER


def _remarks(it: Judged) -> Iterable[Remark]:
    judgement, site = it.judgement, it.site
    stamps = judgement.stamps
    if stamps.alone:
        told = f"writes {listed(stamps.alone)}, and does not enter the state that goes with it"
        yield Remark(Code.STAMP_ALONE, told)
    if judgement.verdict is Verdict.NEVER and not _is_told_of_stamps(it):
        yield Remark(Code.NEVER_ALLOWED, judgement.text.removeprefix("never allowed: "))
    if stamps.lacking:
        yield Remark(Code.MISSING_STAMP, f"leaves out {listed(stamps.lacking)}, which nobody fills")
    if it.protection is Protection.UNPROTECTED:
        yield Remark(Code.UNPROTECTED, f"no transaction{_why(site)}")
    elif site.transaction is Transaction.CALLER and site.callers is Callers.SOME:
        yield Remark(Code.UNPROTECTED, f"not all callers open a transaction{_why(site)}")
    if it.is_elsewhere:
        yield Remark(Code.AUTHORITY, f"writes {it.subject} outside the services of {site.machine}")
    if it.is_new:
        yield Remark(Code.NEW, "is not in the baseline")


def _is_told_of_stamps(it: Judged) -> bool:
    """Whether all that is never allowed of a site is the stamp without its state."""
    return bool(it.judgement.stamps.alone) and it.kind is Kind.STAMP and not it.judgement.event


def _why(site: Site) -> str:
    return f": {site.transaction_reason}" if site.transaction_reason else ""
