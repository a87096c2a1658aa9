"""What is wrong with a machine itself: found without a database.

Pure: no connection, no clock, no files.
"""

import difflib
from collections.abc import Callable, Iterator

from pginterlock import contradictions
from pginterlock.choices import resolve_mode
from pginterlock.contradictions import Found
from pginterlock.findings import Finding, Severity
from pginterlock.model import Machine, Spec, SpecPath

# Code of a finding to what it means; each has a part in docs/reference/check.md.
CHECKS = {
    "unreachable-state": "no way leads from an initial state to this state",
    "dead-end": "a row that comes here can reach no final state",
    "final-with-moves": "a move leads out of a final state",
    "guard-contradicts-state": "a guard asks for what the state it leads to forbids",
    "invariant-contradicts-state": "an invariant asks for what one of its states forbids",
    "state-contradicts-itself": "a state asks of one column two things that cannot both be",
    "stamp-contradicts-state": "a state forbids or clears a stamp that it requires, or the reverse",
    "stamps-out-of-order": "an invariant orders two stamps against the order of their states",
    "stamp-of-state-column": "the state column is used as a stamp",
    "never-filled": "a stamp is required at birth, and nothing fills it",
    "shadowed-move": "another event makes the same move first, and without a guard",
    "deadline-of-final-state": "a row stays in a final state for ever, and so past any deadline",
    "reaction-contradicts-state": "a reaction waits for what the state it leads to forbids",
    "reaction-chain": "a reaction leads to where another one goes on: one is made in a write",
    "mode-repeated": "a rule has a mode of its own that it would have anyway",
}
_WARNINGS = (
    "never-filled",
    "shadowed-move",
    "reaction-chain",
    "mode-repeated",
)


def check(spec: Spec) -> list[Finding]:
    """Return what is wrong with the machines of *spec*, each with its place."""
    found = [finding for machine in spec.machines for finding in _check(spec, machine)]
    return sorted(found, key=_order)


def _order(finding: Finding) -> tuple[str, int, int]:
    at = finding.position
    return (at.file, at.line, at.column) if at else ("", 0, 0)


def _check(spec: Spec, machine: Machine) -> Iterator[Finding]:
    for part in _PARTS:
        for code, path, message, hint in part(machine):
            yield Finding(
                code,
                message,
                machine.name,
                str(machine.table),
                Severity.WARNING if code in _WARNINGS else Severity.ERROR,
                hint,
                spec.locate(("machines", machine.name, *path)),
            )


def _place(machine: Machine, state: str) -> SpecPath:
    """Return where *state* is first declared."""
    for part, states in (("final", machine.final), ("initial", machine.initial)):
        if state in states:
            return (part, states.index(state))
    for move in machine.transitions:
        if state in (move.from_state, move.to_state):
            return ("transitions", move.event)
    return ()


def _meant(machine: Machine, state: str) -> str:
    """Return a guess: a state that is named once only may be another, misspelt."""
    others = [it for it in machine.states if it != state]
    close = difflib.get_close_matches(state, others, n=1, cutoff=0.8)
    return f"; or is {close[0]} meant?" if close else ""


def _reachability(machine: Machine) -> Found:
    reached = machine.reachable(machine.initial)
    for state in machine.states:
        if state not in reached:
            entries = {t.from_state for t in machine.transitions if t.to_state == state}
            why = (
                f"only from {', '.join(sorted(entries))}, which cannot be reached either"
                if entries
                else "no transition leads to it"
            )
            yield (
                "unreachable-state",
                _place(machine, state),
                f"state {state} cannot be reached: {why}",
                f"Add a transition to {state}, or take the state out{_meant(machine, state)}",
            )


def _ends(machine: Machine) -> Found:
    for move in machine.transitions:
        if move.from_state in machine.final:
            yield (
                "final-with-moves",
                ("transitions", move.event),
                f"{move.event} leaves {move.from_state}, which is final",
                f"Take {move.from_state} out of final, or the move away",
            )
    for state in machine.states:
        if state in machine.final:
            continue
        if not machine.targets(state):
            yield (
                "dead-end",
                _place(machine, state),
                f"no transition leaves {state}, and it is not final",
                f"Add a transition out of {state}, or add it to final{_meant(machine, state)}",
            )
        elif machine.final and not machine.reachable((state,)) & set(machine.final):
            yield (
                "dead-end",
                _place(machine, state),
                f"no final state can be reached from {state}",
                "Add a way out",
            )


def _shadows(machine: Machine) -> Found:
    first: dict[tuple[str, str], str] = {}
    for move in machine.transitions:
        ends = (move.from_state, move.to_state)
        if ends in first:
            yield (
                "shadowed-move",
                ("transitions", move.event),
                f"{move.event} is never the name of {ends[0]} -> {ends[1]}: {first[ends]} makes"
                " the same move, comes before, and has no guard",
                "Give the event that comes first a guard, or make the two one",
            )
        elif not move.is_guarded and not move.by and move.approvals is None:
            first[ends] = move.event


def _deadlines(machine: Machine) -> Found:
    for it in machine.deadlines:
        if it.state in machine.final:
            yield (
                "deadline-of-final-state",
                ("deadlines", it.state),
                f"{it.state} is final: every row in it will pass the deadline of {it.longest}",
                f"Take the deadline away, or {it.state} out of final",
            )


def _chains(machine: Machine) -> Found:
    for it in machine.reactions:
        ends = {t.to_state for t in machine.transitions if t.event == it.event}
        for other in machine.reactions:
            starts = {t.from_state for t in machine.transitions if t.event == other.event}
            for state in sorted(ends & starts):
                yield (
                    "reaction-chain",
                    ("reactions", other.name),
                    f"{it.name} leads to {state}, where {other.name} goes on: but one reaction at"
                    " most is made in a write",
                    f"A row for which both hold at once stays in {state}, and verify reports it",
                )


def _modes(machine: Machine) -> Found:
    for rule, mode in machine.modes:
        others = [it for it in machine.modes if it[0] != rule]
        name, _, item = rule.partition(".")
        if resolve_mode(others, machine.mode, name, item) is mode:
            yield (
                "mode-repeated",
                ("modes", rule),
                f"{rule} is in {mode} anyway",
                "Take the line away",
            )


_PARTS: tuple[Callable[[Machine], Found], ...] = (
    _reachability,
    _ends,
    _deadlines,
    contradictions.guards,
    contradictions.invariants,
    contradictions.rows,
    contradictions.stamp_rows,
    contradictions.stamp_order,
    contradictions.stamp_columns,
    contradictions.reactions,
    _chains,
    _shadows,
    _modes,
)
