"""What changes from the version of a machine in force to the next one, and which rows it concerns.

Pure: data in, data out. Rows are counted elsewhere; a difference says in which states to count.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pginterlock.choices import Presence
from pginterlock.elements import Invariant, Stamp, Transition
from pginterlock.model import Machine
from pginterlock.renaming import under_new_names


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changes: *what* (such as ``state removed``), of which *subject*.

    Its rows are those in *states*, all of them where that is empty. *rule* names a row rule that
    old rows may break: ``stamp checked_in_at``. *rows* and *breaking* are counts, once counted.
    """

    machine: str
    what: str
    subject: str
    states: tuple[str, ...] = ()
    effect: str = ""
    rule: str = ""
    rows: int | None = None
    breaking: int | None = None

    @property
    def count(self) -> str:
        """How many rows it concerns, and how many of them break its rule, for people."""
        if self.rows is None:
            return ""
        told = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        return f"{told}, {self.breaking:,} break it" if self.breaking else told

    @property
    def text(self) -> str:
        """The difference in one line."""
        told = [f"{self.machine}: {self.what} {self.subject}", self.count, self.effect]
        return "; ".join(it for it in told if it)


def removed_states(before: Machine, after: Machine) -> tuple[str, ...]:
    """Return the states, and old names of states, that *after* does not know any more."""
    return tuple(state for state in before.states if state not in after.states)


def difference(before: Machine, after: Machine) -> list[Difference]:
    """Return what changes from *before* to *after*, in the order of a spec.

    A state that is renamed is one state: what is said of it is told under its new name.
    """
    was = under_new_names(before, after.renames)
    now = under_new_names(after, after.renames)
    found = [
        *_names(before, after),
        *_mode(was, now),
        *_states(was, now),
        *_moves(was, now),
        *_lists(was, now),
        *_stamps(was, now),
        *_rows(was, now),
        *_invariants(was, now),
        *_claims(was, now),
        *_mirrors(was, now),
        *_deadlines(was, now),
        *_reactions(was, now),
        *_funnel(was, now),
    ]
    return [replace(it, machine=after.name) for it in found]


def counted(
    differences: Iterable[Difference],
    counts: Mapping[str, int],
    breaking: Mapping[str, int] | None,
    machine: Machine,
) -> list[Difference]:
    """Return *differences* with their rows; *breaking* counts rows by the rule that they break."""
    also = {it.state: it.was for it in machine.renames}

    def rows(states: tuple[str, ...]) -> int:
        names = {name for s in states for name in (s, also.get(s, s))}
        return sum(n for state, n in counts.items() if not states or state in names)

    return [
        replace(
            it,
            rows=rows(it.states) if it.what not in _WITHOUT_ROWS else None,
            breaking=breaking.get(it.rule, 0) if it.rule and breaking is not None else None,
        )
        for it in differences
    ]


_WITHOUT_ROWS = ("mode changed", "funnel added", "funnel changed", "funnel removed")


def _one(what: str, subject: str, *states: str, effect: str = "", rule: str = "") -> Difference:
    return Difference("", what, subject, states, effect, rule)


def _names(before: Machine, after: Machine) -> Iterator[Difference]:
    for it in after.renames:
        if it.was not in before.states:
            continue
        if it.state not in before.states:
            effect = f"{it.was} stays beside it until it is dropped"
            told = effect if it.was in after.states else ""
            yield Difference("", "state renamed", f"{it.was} -> {it.state}", (it.was,), told)
        if it.was not in after.states:
            effect = f"{it.was} is no state any more; it is called {it.state}"
            yield Difference("", "old name dropped", it.was, (it.was,), effect)


def _mode(was: Machine, now: Machine) -> Iterator[Difference]:
    if was.mode is not now.mode:
        yield _one("mode changed", f"{was.mode} -> {now.mode}")
    for rule in dict.fromkeys(rule for rule, _ in (*was.modes, *now.modes)):
        old, new = (it.mode_of(*rule.split(".", 1)) for it in (was, now))
        if old is not new:
            yield _one("mode changed", f"{rule}: {old} -> {new}")


def _states(was: Machine, now: Machine) -> Iterator[Difference]:
    for state in now.states:
        if state not in was.states:
            yield _one("state added", state, state)
    for state in was.states:
        if state not in now.states:
            yield _one("state removed", state, state, effect="refused while a row stands there")


def _moves(was: Machine, now: Machine) -> Iterator[Difference]:
    before, after = _by_ends(was), _by_ends(now)
    for ends, move in after.items():
        if ends not in before:
            yield _one("move added", _move(move), move.from_state, effect="these rows may move so")
    for ends, move in before.items():
        if ends not in after:
            yield _one(
                "move removed", _move(move), move.from_state, effect="these rows lose this way out"
            )
    for ends, move in after.items():
        if ends in before:
            yield from _move_details(before[ends], move)


def _move_details(was: Transition, now: Transition) -> Iterator[Difference]:
    told = [
        ("guard changed", was.guard_text, now.guard_text),
        ("roles of a move changed", ", ".join(was.by), ", ".join(now.by)),
        ("reason of a move changed", was.reason.value, now.reason.value),
        ("approvals of a move changed", _approvals(was), _approvals(now)),
    ]
    for what, old, new in told:
        if old != new:
            effect = f"{old or 'none'} -> {new or 'none'}"
            yield _one(what, _move(now), now.from_state, effect=effect)


def _approvals(move: Transition) -> str:
    it = move.approvals
    if it is None:
        return ""
    told = [str(it.count), *(["distinct"] if it.distinct else [])]
    return " ".join([*told, *([f"by {', '.join(it.by)}"] if it.by else [])])


def _by_ends(machine: Machine) -> dict[tuple[str, str, str], Transition]:
    return {(t.event, t.from_state, t.to_state): t for t in machine.transitions}


def _move(move: Transition) -> str:
    return f"{move.event}: {move.from_state} -> {move.to_state}"


def _lists(was: Machine, now: Machine) -> Iterator[Difference]:
    """Yield the states that became, or ceased to be, initial, final or deletable."""
    for name, old, new in (
        ("initial", was.initial, now.initial),
        ("final", was.final, now.final),
        ("deletion", was.deletion, now.deletion),
    ):
        yield from (_one(f"{name} added", s, s) for s in new if s not in old)
        yield from (_one(f"{name} removed", s, s) for s in old if s not in new)


def _stamps(was: Machine, now: Machine) -> Iterator[Difference]:
    before = {it.column: it for it in was.stamps}
    after = {it.column: it for it in now.stamps}
    for column, stamp in after.items():
        rule = f"stamp {column}"
        if column not in before:
            yield _one("stamp added", column, *_required(now, stamp), rule=rule)
            continue
        if before[column].fill is not stamp.fill:
            effect = f"fill: {before[column].fill} -> {stamp.fill}"
            yield _one("stamp changed", column, *stamp.states, effect=effect)
        for state in (s for s in now.states if s in was.states):
            old, new = was.presence(before[column], state), now.presence(stamp, state)
            if old is not new:
                subject, effect = f"{column} in {state}", f"{old} -> {new}"
                yield _one("stamp changed", subject, state, effect=effect, rule=rule)
    for column, stamp in before.items():
        if column not in after:
            yield _one("stamp removed", column, *_required(was, stamp))


def _required(machine: Machine, stamp: Stamp) -> tuple[str, ...]:
    return tuple(s for s in machine.states if machine.presence(stamp, s) is Presence.REQUIRED)


def _rows(was: Machine, now: Machine) -> Iterator[Difference]:
    before, after = _needs(was), _needs(now)
    for need in after:
        if need not in before:
            state, verb, column = need
            rule = _RULES.get(verb, "").format(state=state, column=column)
            yield _one("state row added", f"{state}: {verb} {column}", state, rule=rule)
    for need in before:
        if need not in after:
            state, verb, column = need
            yield _one("state row removed", f"{state}: {verb} {column}", state)


# How `rules.state_row` calls what it asks of a row; a freeze asks nothing of one that stands still.
_RULES = {
    "require": "state_row {state} requires {column}",
    "forbid": "state_row {state} forbids {column}",
    "clear": "state_row {state} forbids {column}",
}


def _needs(machine: Machine) -> dict[tuple[str, str, str], None]:
    return {
        (row.state, verb, column): None
        for row in machine.rows
        for verb in ("require", "forbid", "clear", "freeze")
        for column in getattr(row, verb)
    }


def _invariants(was: Machine, now: Machine) -> Iterator[Difference]:
    before = {it.name: it for it in was.invariants}
    after = {it.name: it for it in now.invariants}
    for name, it in after.items():
        rule = f"invariant {name}"
        if name not in before:
            yield _one("invariant added", name, *it.states, effect=it.check.text, rule=rule)
        elif _asks(before[name]) != _asks(it):
            effect = f"{_told(before[name])} -> {_told(it)}"
            yield _one("invariant changed", name, *it.states, effect=effect, rule=rule)
    for name, it in before.items():
        if name not in after:
            yield _one("invariant removed", name, *it.states)


def _asks(invariant: Invariant) -> tuple[str, frozenset[str]]:
    return invariant.check.text, frozenset(invariant.states)


def _told(invariant: Invariant) -> str:
    where = f" in {', '.join(invariant.states)}" if invariant.states else ""
    return f"{invariant.check.text}{where}"


def _verbs(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the names of what is not as it was, and what became of each."""
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) != after.get(name):
            yield name, "added" if name not in before else "changed" if name in after else "removed"


def _claims(was: Machine, now: Machine) -> Iterator[Difference]:
    before, after = ({it.name: it for it in m.claims} for m in (was, now))
    for name, verb in _verbs(before, after):
        it = after.get(name) or before[name]
        told = name if verb == "removed" else f"{name}: {', '.join(it.resource)}"
        yield _one(f"claim {verb}", told, *it.states)


def _mirrors(was: Machine, now: Machine) -> Iterator[Difference]:
    before = {it.name: it for it in was.mirrors}
    after = {it.name: it for it in now.mirrors}
    for name, it in after.items():
        subject = f"{name}: {it.table}.{it.column} by {it.key}"
        if name not in before:
            yield _one("mirror added", subject, *it.states)
        elif before[name] != it:
            yield _one("mirror changed", subject, *it.states)
    for name, it in before.items():
        if name not in after:
            yield _one("mirror removed", name, *it.states, effect=f"{it.table} is left as it is")


def _deadlines(was: Machine, now: Machine) -> Iterator[Difference]:
    before = {it.state: it for it in was.deadlines}
    after = {it.state: it for it in now.deadlines}
    for state, it in after.items():
        if state not in before:
            yield _one("deadline added", f"{state}: {it.longest}", state)
        elif before[state] != it:
            yield _one(
                "deadline changed", f"{state}: {before[state].longest} -> {it.longest}", state
            )
    for state, it in before.items():
        if state not in after:
            yield _one("deadline removed", f"{state}: {it.longest}", state)


def _reactions(was: Machine, now: Machine) -> Iterator[Difference]:
    before, after = ({it.name: it for it in m.reactions} for m in (was, now))
    for name, verb in _verbs(before, after):
        it = after.get(name) or before[name]
        leaves = (t.from_state for t in now.transitions if t.event == it.event)
        effect = f"{it.event} when {it.when.text}"
        yield _one(f"reaction {verb}", name, *dict.fromkeys(leaves), effect=effect)


def _funnel(was: Machine, now: Machine) -> Iterator[Difference]:
    if was.funnel != now.funnel:
        verb = "changed" if was.funnel and now.funnel else "added" if now.funnel else "removed"
        effect = "interlock.fire is the only way" if now.funnel else "who could update, may again"
        yield _one(f"funnel {verb}", ", ".join(now.funnel or was.funnel), effect=effect)
