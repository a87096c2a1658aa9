"""What is wrong with a machine itself: found without a database.

Pure: no connection, no clock, no files.
"""

from collections.abc import Callable, Iterator

from pginterlock.expression import demands, orderings
from pginterlock.findings import Finding, Severity
from pginterlock.model import Fill, Machine, Presence, Spec, SpecPath, Stamp

# Code of a finding to what it means.
CHECKS = {
    "unreachable-state": "no way leads from an initial state to this state",
    "dead-end": "a row that comes here can reach no final state",
    "final-with-moves": "a move leads out of a final state",
    "guard-contradicts-state": "a guard asks for what the state it leads to forbids",
    "state-contradicts-itself": "a state asks of one column two things that cannot both be",
    "stamp-contradicts-state": "a state forbids or clears a stamp that it requires, or the reverse",
    "stamps-out-of-order": "an invariant orders two stamps against the order of their states",
    "stamp-of-state-column": "the state column is used as a stamp",
    "never-filled": "a stamp is required at birth, and nothing fills it",
}


def check(spec: Spec) -> list[Finding]:
    """Return what is wrong with the machines of *spec*, each with its place."""
    return [finding for machine in spec.machines for finding in _check(spec, machine)]


_Found = Iterator[tuple[str, SpecPath, str, str]]


def _check(spec: Spec, machine: Machine) -> Iterator[Finding]:
    parts: list[Callable[[Machine], _Found]] = [
        _reachability,
        _ends,
        _guards,
        _rows,
        _stamp_rows,
        _stamp_order,
        _stamp_columns,
    ]
    for part in parts:
        for code, path, message, hint in part(machine):
            severity = Severity.WARNING if code == "never-filled" else Severity.ERROR
            yield Finding(
                code,
                message,
                machine.name,
                str(machine.table),
                severity,
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
                f"Add a transition to {state}, or take the state out",
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
                f"Add a transition out of {state}, or add it to final",
            )
        elif machine.final and not machine.reachable((state,)) & set(machine.final):
            yield (
                "dead-end",
                _place(machine, state),
                f"no final state can be reached from {state}",
                "Add a way out",
            )


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
    seen: set[tuple[str, str, str]] = set()
    for move in machine.transitions:
        for column, is_set in demands(move.guard.text) if move.guard else ():
            asked = _needs(machine, move.to_state, column)
            if asked is None or asked == is_set:
                continue
            if (move.event, move.to_state, column) in seen:
                continue
            seen.add((move.event, move.to_state, column))
            told = "is not null" if is_set else "is null"
            verb = "requires" if asked else "forbids"
            yield (
                "guard-contradicts-state",
                ("transitions", move.event),
                f"{move.event} is allowed while {column} {told}, but {move.to_state} {verb} it",
                "A guard is judged on the row as it will be: one of the two must go",
            )


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
