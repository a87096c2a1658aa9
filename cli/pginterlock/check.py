"""What is wrong with a machine itself: found without a database.

Pure: no connection, no clock, no files.
"""

import difflib
from collections.abc import Callable, Iterator

from pginterlock.expression import demands, orderings
from pginterlock.findings import Finding, Severity
from pginterlock.model import Fill, Machine, Presence, Spec, SpecPath, Stamp

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
    "not-yet-enforced": "the spec says it, and the database does not hold it yet",
}
_WARNINGS = ("never-filled", "shadowed-move", "not-yet-enforced")


def check(spec: Spec) -> list[Finding]:
    """Return what is wrong with the machines of *spec*, each with its place."""
    found = [finding for machine in spec.machines for finding in _check(spec, machine)]
    return sorted(found, key=_order)


def _order(finding: Finding) -> tuple[str, int, int]:
    at = finding.position
    return (at.file, at.line, at.column) if at else ("", 0, 0)


_Found = Iterator[tuple[str, SpecPath, str, str]]


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


def _reachability(machine: Machine) -> _Found:
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


def _ends(machine: Machine) -> _Found:
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


_NULL = {True: "is not null", False: "is null"}


def _needs(machine: Machine, state: str, column: str) -> bool | None:
    """Return whether *state* asks that *column* is set (True), null (False), or nothing."""
    row = machine.row(state)
    if column in row.require:
        return True
    if column in row.forbid or column in row.clear:
        return False
    for stamp in machine.stamps:
        if stamp.column == column:
            match machine.presence(stamp, state):
                case Presence.REQUIRED:
                    return True
                case Presence.FORBIDDEN:
                    return False
    return None


def _guards(machine: Machine) -> _Found:
    moves = {(it.event, it.to_state, it.guard): it for it in machine.transitions if it.guard}
    for move in moves.values():
        asked = demands(move.guard.text) if move.guard else []
        for told in _contradictions(machine, move.to_state, asked):
            yield (
                "guard-contradicts-state",
                ("transitions", move.event, "guard"),
                f"the guard of {move.event} {told}",
                "A guard is judged on the row as it will be: one of the two must go",
            )


def _invariants(machine: Machine) -> _Found:
    for invariant in machine.invariants:
        asked = demands(invariant.check.text)
        for state in invariant.states or machine.states:
            for told in _contradictions(machine, state, asked):
                yield (
                    "invariant-contradicts-state",
                    ("invariants", invariant.name),
                    f"{invariant.name} {told}",
                    f"No row could ever be in {state}: one of the two must go",
                )


def _contradictions(machine: Machine, state: str, asked: list[tuple[str, bool]]) -> Iterator[str]:
    for column, is_set in asked:
        needs = _needs(machine, state, column)
        if needs is not None and needs != is_set:
            verb = "requires" if needs else "forbids"
            yield f"asks that {column} {_NULL[is_set]}, but {state} {verb} it"
        elif is_set and (column, False) in asked:
            yield f"asks that {column} is null and that it is not"


def _rows(machine: Machine) -> _Found:
    for row in machine.rows:
        empty = {*row.forbid, *row.clear}
        for number, column in enumerate(row.require):
            if column in empty:
                yield (
                    "state-contradicts-itself",
                    ("states", row.state, "require", number),
                    f"{row.state} requires {column}, and forbids or clears it",
                    "No row could ever be in this state: one of the two must go",
                )


def _stamp_rows(machine: Machine) -> _Found:
    for stamp in machine.stamps:
        for row in machine.rows:
            presence = machine.presence(stamp, row.state)
            if presence is Presence.REQUIRED and stamp.column in (*row.forbid, *row.clear):
                yield (
                    "stamp-contradicts-state",
                    ("states", row.state),
                    f"{row.state} forbids or clears {stamp.column}, but every way there sets it",
                    f"{stamp.column} marks {', '.join(stamp.states)}; it stays as long as the row",
                )
            if presence is Presence.FORBIDDEN and stamp.column in row.require:
                yield (
                    "stamp-contradicts-state",
                    ("states", row.state),
                    f"{row.state} requires {stamp.column}, but no way there sets it",
                    f"{stamp.column} marks {', '.join(stamp.states)}",
                )


def _stamp_order(machine: Machine) -> _Found:
    stamps = {stamp.column: stamp for stamp in machine.stamps}
    for invariant in machine.invariants:
        for first, second in orderings(invariant.check.text):
            if not {first, second} <= stamps.keys():
                continue
            if _is_before(machine, stamps[second], stamps[first]):
                yield (
                    "stamps-out-of-order",
                    ("invariants", invariant.name),
                    f"{invariant.name} puts {first} before {second}, but"
                    f" {', '.join(stamps[second].states)} always comes before"
                    f" {', '.join(stamps[first].states)}",
                    "Turn the comparison round, or exchange the states of the two stamps",
                )


def _is_before(machine: Machine, early: Stamp, late: Stamp) -> bool:
    """Whether every way to the states of *late* passes a state of *early*, and none leads back."""
    if set(early.states) & set(late.states):
        return False
    beside = machine.reachable(machine.initial, without=early.states)
    back = machine.reachable(late.states)
    return not set(late.states) & beside and not set(early.states) & back


def _shadows(machine: Machine) -> _Found:
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
        elif move.guard is None:
            first[ends] = move.event


def _unenforced(machine: Machine) -> _Found:
    for part in machine.unenforced:
        name, _, key = part.name.partition(".")
        yield (
            "not-yet-enforced",
            (part.section, name, key),
            f"{part.section} {part.name} ({part.code}) is read, but not yet held by the database",
            "",
        )


def _stamp_columns(machine: Machine) -> _Found:
    for stamp in machine.stamps:
        if stamp.column == machine.state:
            yield (
                "stamp-of-state-column",
                ("stamps", stamp.column),
                f"{stamp.column} is the state column; it cannot be a stamp",
                "A stamp is a timestamp beside the state",
            )
        born = [s for s in machine.initial if s in stamp.states]
        if born and stamp.fill is Fill.NEVER:
            yield (
                "never-filled",
                ("stamps", stamp.column),
                f"a row may begin as {born[0]}, which requires {stamp.column}, and fill is never",
                "Every insert must bring it; or let the machine fill it",
            )


_PARTS: tuple[Callable[[Machine], _Found], ...] = (
    _reachability,
    _ends,
    _guards,
    _invariants,
    _rows,
    _stamp_rows,
    _stamp_order,
    _stamp_columns,
    _shadows,
    _unenforced,
)
