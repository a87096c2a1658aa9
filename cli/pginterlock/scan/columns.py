"""What a machine says of a write that leaves the state alone: of a stamp, of another column.

Pure: data in, data out.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pginterlock.choices import Presence
from pginterlock.scan.outcomes import Outcome, Verdict, listed
from pginterlock.scan.site import Label, Site

if TYPE_CHECKING:
    from pginterlock.elements import Stamp
    from pginterlock.model import Machine

_NULL = "null"
_ALL = "*"
_Why = Callable[[str], str | None]


def judge_column(
    machine: "Machine", site: Site, column: str, values: Sequence[str | None]
) -> Outcome:
    """Return what *machine* says where *site* writes *values* into *column*, and no state."""
    stamp = next((it for it in machine.stamps if it.column == column), None)
    is_null = bool(values) and all(it == _NULL for it in values)
    if stamp and not is_null:
        return _stamp_alone(machine, site, stamp)
    if stamp:
        return _where(
            machine, site, column, lambda state: _stamp_needed(machine, stamp, state)
        )  # fmt: skip
    return _where(
        machine, site, column, lambda state: _row_says(machine, column, state, is_null=is_null)
    )  # fmt: skip


def _stamp_alone(machine: "Machine", site: Site, stamp: "Stamp") -> Outcome:
    events = dict.fromkeys(it.event for it in machine.transitions if it.to_state in stamp.states)
    by = f" ({listed(list(events), 'or')})" if events else ""
    if site.is_new or site.label is Label.DEFAULT:
        begins = set(machine.initial) & set(stamp.states)
        if begins and begins == set(machine.initial):
            return Outcome(Verdict.ALLOWED, f"a row begins in {listed(sorted(begins), 'or')}", "")
        if begins:
            told = f"unknown: {stamp.column} fits a row that begins in {listed(sorted(begins))}"
            return Outcome(Verdict.UNKNOWN, told, stamp.column)
    told = f"{stamp.column} is written only with the state {listed(stamp.states, 'or')}{by}"
    return Outcome(Verdict.NEVER, f"never allowed: {told}", stamp.column)


def _stamp_needed(machine: "Machine", stamp: "Stamp", state: str) -> str | None:
    is_needed = machine.presence(stamp, state) is Presence.REQUIRED
    return "it must be set" if is_needed else None


def _row_says(machine: "Machine", column: str, state: str, *, is_null: bool) -> str | None:
    """Return why *column* may not be written in *state*; None where it may."""
    row = machine.row(state)
    if column in row.freeze or _ALL in row.freeze:
        return "it is frozen"
    if is_null and column in row.require:
        return "it must be set"
    if not is_null and column in (*row.forbid, *row.clear):
        return "it must be null"
    return None


def _where(machine: "Machine", site: Site, column: str, why: _Why) -> Outcome:
    """Return in which of the states that the row may be in the write is allowed."""
    is_birth = site.is_new is True or site.label is Label.DEFAULT
    known = [it for it in site.sources if it in machine.states]
    asked = known or (machine.initial if is_birth else machine.states)
    refused = {state: told for state in asked if (told := why(state))}
    fits = [it for it in asked if it not in refused]
    if not refused:
        told = f"allowed in {listed(known)}" if known else "allowed in every state"
        return Outcome(Verdict.ALLOWED, "a row may begin so" if is_birth else told, column)
    reasons = listed([f"{state} ({told})" for state, told in refused.items()], "or")
    if not fits:
        return Outcome(Verdict.NEVER, f"never allowed in {reasons}", column)
    told = f"allowed only in {listed(fits)}; not in {reasons}"
    return Outcome(Verdict.ONLY_FROM, told, column)
