"""What a machine asks of one column twice, so that both cannot be.

Pure: no connection, no clock, no files.
"""

from collections.abc import Iterator

from pginterlock.choices import Fill, Presence
from pginterlock.elements import Expression, Stamp
from pginterlock.expression import demands, orderings
from pginterlock.model import Machine, SpecPath

Found = Iterator[tuple[str, SpecPath, str, str]]  # code, where, message, hint

_NULL = {True: "is not null", False: "is null"}


def guards(machine: Machine) -> Found:
    """Find guards that ask for what the state they lead to forbids, or the reverse."""
    moves = {(it.event, it.to_state, it.guard): it for it in machine.transitions if it.guard}
    for move in moves.values():
        for told in _contradictions(machine, (move.to_state,), move.guard):
            yield (
                "guard-contradicts-state",
                ("transitions", move.event, "guard"),
                f"the guard of {move.event} {told}",
                "A guard is judged on the row as it will be: one of the two must go",
            )


def invariants(machine: Machine) -> Found:
    """Find invariants that ask for what a state in which they hold forbids, or the reverse."""
    for invariant in machine.invariants:
        states = invariant.states or machine.states
        for told in _contradictions(machine, states, invariant.check):
            yield (
                "invariant-contradicts-state",
                ("invariants", invariant.name),
                f"{invariant.name} {told}",
                "Null is no yes: name the states in which it holds, or allow for null",
            )


def rows(machine: Machine) -> Found:
    """Find states that require a column which they forbid or clear."""
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


def stamp_rows(machine: Machine) -> Found:
    """Find states that forbid a stamp which is always there, or require one that never is."""
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


def stamp_order(machine: Machine) -> Found:
    """Find invariants that order two stamps against the order of their states."""
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


def reactions(machine: Machine) -> Found:
    """Find reactions that wait for what the states they lead to forbid, or the reverse."""
    for it in machine.reactions:
        ends = tuple(dict.fromkeys(t.to_state for t in machine.transitions if t.event == it.event))
        for told in _contradictions(machine, ends, it.when):
            yield (
                "reaction-contradicts-state",
                ("reactions", it.name, "when"),
                f"{it.name} {told}",
                "Every write that makes it true would be refused: one of the two must go",
            )


def stamp_columns(machine: Machine) -> Found:
    """Find stamps on the state column, and stamps of birth that nothing fills."""
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


def _contradictions(
    machine: Machine, states: tuple[str, ...], condition: Expression | None
) -> Iterator[str]:
    """Yield what *condition* asks of a column, while *states* ask the opposite."""
    asked = demands(condition.text) if condition else []
    for column, is_set in asked:
        against = [state for state in states if _needs(machine, state, column) is (not is_set)]
        if against:
            verb = "forbid" if is_set else "require"
            many = verb if len(against) > 1 else f"{verb}s"
            yield f"asks that {column} {_NULL[is_set]}, but {_listed(against)} {many} it"
        elif is_set and (column, False) in asked:
            yield f"asks that {column} is null and that it is not"


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


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _is_before(machine: Machine, early: Stamp, late: Stamp) -> bool:
    """Whether every way to the states of *late* passes a state of *early*, and none leads back."""
    if set(early.states) & set(late.states):
        return False
    beside = machine.reachable(machine.initial, without=early.states)
    back = machine.reachable(late.states)
    return not set(late.states) & beside and not set(early.states) & back
