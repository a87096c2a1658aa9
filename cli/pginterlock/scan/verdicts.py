"""What a machine would say of a write site: which move it makes, and from where that is allowed.

Pure: data in, data out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pginterlock.choices import ActorNeed, Fill, Need
from pginterlock.scan.columns import judge_column
from pginterlock.scan.outcomes import Outcome, Verdict, listed, together
from pginterlock.scan.site import Label, Site
from pginterlock.spelling import meant

if TYPE_CHECKING:
    from pginterlock.elements import Transition
    from pginterlock.model import Machine

__all__ = ["Judgement", "Stamping", "Verdict", "judge"]

NULL = "null"
_BIRTH = "birth"
_Values = Mapping[str, Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class Stamping:
    """The stamps of a write: those of its state that it writes, those that it leaves out.

    *filled* are those of *missing* that the machine writes itself; *alone* are stamps that are
    written while their state is not entered.
    """

    written: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()

    @property
    def lacking(self) -> tuple[str, ...]:
        """The stamps that nobody writes: the machine would refuse the row."""
        return tuple(it for it in self.missing if it not in self.filled)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one site, in a word and in words; *event* is the move that it makes.

    *asks* is what else the machine would ask of the write.
    """

    verdict: Verdict
    text: str
    event: str = ""
    asks: tuple[str, ...] = ()
    stamps: Stamping = Stamping()


def judge(site: Site, machine: "Machine | None") -> Judgement:
    """Return what *machine* says of *site*; the verdict is unknown where there is no machine."""
    if machine is None:
        return Judgement(Verdict.UNKNOWN, "no machine")
    written = _written(site)
    states = written.get(machine.state)
    stamps = _stamping(machine, written)
    if states is None:
        columns = [judge_column(machine, site, it, written[it]) for it in written]
        found = together(columns)
        return Judgement(found.verdict, found.text, "", (), stamps)
    moves = _moves(site, machine, states)
    # The same state again is no move, unless its stamp is written too: that changes on entry only.
    stays = not stamps.written
    outcomes = [_state(site, machine, value, stays=stays) for value in states]
    outcomes = outcomes or [_unknown_state()]
    outcomes += _contradictions(machine, written)
    found = together(outcomes)
    return Judgement(
        found.verdict, found.text, _event(site, machine, states, moves),
        _asks(machine, states, moves, written), stamps,
    )  # fmt: skip


def _written(site: Site) -> _Values:
    found: dict[str, Sequence[str | None]] = {site.field: site.values}
    for it in site.beside:
        found.setdefault(it.field, it.values)
    return found


def _begins(site: Site) -> bool | None:
    return True if site.label is Label.DEFAULT else site.is_new


def _unknown_state() -> Outcome:
    return Outcome(Verdict.UNKNOWN, "unknown: the value is not known")


def _state(site: Site, machine: "Machine", value: str | None, *, stays: bool) -> Outcome:
    """Return what the machine says of writing the state *value*; *stays*: also where it is so."""
    if value is None:
        return _unknown_state()
    if value == NULL:
        return Outcome(Verdict.NEVER, "never allowed: a state is not null")
    if value not in machine.states:
        guess = meant(value, machine.states)
        return Outcome(
            Verdict.NEVER, f"never allowed: {value} is no state of {machine.name}{guess}"
        )
    match _begins(site):
        case True:
            return _birth(machine, value)
        case False:
            return _move(site, machine, value, stays=stays)
        case None:
            return _either(_birth(machine, value), _move(site, machine, value, stays=stays))


def _birth(machine: "Machine", value: str) -> Outcome:
    if value in machine.initial:
        return Outcome(Verdict.ALLOWED, f"a row may begin in {value}", value)
    told = f"never allowed: no row begins in {value}, but in {listed(machine.initial, 'or')}"
    return Outcome(Verdict.NEVER, told, value)


def _move(site: Site, machine: "Machine", value: str, *, stays: bool) -> Outcome:
    origins = _origins(machine, value)
    same = [value] if stays else []
    if not origins and not set(site.sources) & set(same):
        told = "; a row begins there" if value in machine.initial else ""
        return Outcome(Verdict.NEVER, f"never allowed: no move leads to {value}{told}", value)
    if site.sources:
        return _from_known(site.sources, origins, value, same)
    if set(origins) | {value} == set(machine.states):
        return Outcome(Verdict.ALLOWED, "allowed from every state", value)
    return Outcome(Verdict.ONLY_FROM, f"allowed only from {listed(origins)}", value)


def _from_known(
    sources: Sequence[str], origins: Sequence[str], value: str, same: Sequence[str]
) -> Outcome:
    """Return what is said of a write that is known to find a row in one of *sources*."""
    fits = [it for it in sources if it in origins or it in same]
    rest = [it for it in sources if it not in fits]
    if not rest:
        told = f"allowed from {listed(fits)}, and it comes from there only"
        return Outcome(Verdict.ALLOWED, told, value)
    if not fits:
        told = f"never allowed: no move leads from {listed(rest, 'or')} to {value}"
        return Outcome(Verdict.NEVER, f"{told}, but from {listed(origins, 'or')}", value)
    told = f"allowed from {listed(fits)}; not from {listed(rest, 'or')}, where it may come from too"
    return Outcome(Verdict.ONLY_FROM, told, value)


def _either(birth: Outcome, move: Outcome) -> Outcome:
    """Return what is said of a write that may make a row, or change one."""
    if birth.verdict is Verdict.ALLOWED and move.verdict is Verdict.NEVER:
        told = f"allowed for a new row only: {move.text.removeprefix('never allowed: ')}"
        return Outcome(Verdict.ONLY_FROM, told, birth.value)
    if birth.verdict is Verdict.NEVER and move.verdict is not Verdict.NEVER:
        told = f"{move.text}; {birth.text.removeprefix('never allowed: ')}"
        return Outcome(Verdict.ONLY_FROM, told, birth.value)
    worse = birth if birth.verdict is Verdict.NEVER else move
    return Outcome(worse.verdict, f"{birth.text}; {move.text}", birth.value)


def _origins(machine: "Machine", value: str) -> list[str]:
    found = [it.from_state for it in machine.transitions if it.to_state == value]
    return list(dict.fromkeys(found))


def _moves(site: Site, machine: "Machine", states: Sequence[str | None]) -> "list[Transition]":
    """Return the moves that the write may be."""
    if _begins(site):
        return []
    return [
        it
        for it in machine.transitions
        if it.to_state in states and (not site.sources or it.from_state in site.sources)
    ]


def _event(
    site: Site, machine: "Machine", states: Sequence[str | None], moves: "Sequence[Transition]"
) -> str:
    begins = _begins(site) is not False and any(it in machine.initial for it in states)
    names = [*([_BIRTH] if begins else []), *(it.event for it in moves)]
    return ", ".join(dict.fromkeys(names))


def _asks(
    machine: "Machine",
    states: Sequence[str | None],
    moves: "Sequence[Transition]",
    written: _Values,
) -> tuple[str, ...]:
    """Return what the machine asks of the write besides, each once."""
    asks = [ask for move in moves for ask in _asks_of(move)]
    for state in (it for it in states if it is not None):
        row = machine.row(state)
        asks += [f"{it} is not null" for it in row.require if it not in written]
        asks += [f"{it} is null" for it in row.forbid if it not in written]
    match machine.audit.actor:
        case ActorNeed.REQUIRED:
            asks.append("an actor")
        case ActorNeed.SIGNED:
            asks.append("a signed actor")
        case ActorNeed.OPTIONAL:
            pass
    return tuple(dict.fromkeys(asks))


def _asks_of(move: "Transition") -> Iterable[str]:
    if move.guard_text:
        yield f"the guard {move.guard_text}"
    if move.reason is Need.REQUIRED:
        yield "a reason"
    if move.by:
        yield f"by {listed(move.by, 'or')}"
    if move.approvals:
        yield f"{move.approvals.count} approvals"


def _contradictions(machine: "Machine", written: _Values) -> list[Outcome]:
    """Return what else is written that cannot stand in the one state that is entered."""
    states = written[machine.state]
    if len(states) != 1 or states[0] is None:
        return []
    state = states[0]
    row = machine.row(state)
    found = [
        Outcome(Verdict.NEVER, f"never allowed: {state} requires {it}, which is set to null", state)
        for it in row.require
        if _is_null(written.get(it, ()))
    ]
    found += [
        Outcome(Verdict.NEVER, f"never allowed: {state} forbids {it}, which is set", state)
        for it in row.forbid
        if it in written and _is_value(written[it])
    ]
    return found


def _stamping(machine: "Machine", written: _Values) -> Stamping:
    states = written.get(machine.state)
    known = {it for it in states or () if it is not None}
    is_known = states is None or (bool(states) and None not in states)
    needed = [it for it in machine.stamps if known & set(it.states)]
    given = [
        it.column for it in needed if it.column in written and not _is_null(written[it.column])
    ]
    missing = [it for it in needed if it.column not in given]
    others = [it for it in machine.stamps if it not in needed and it.column in written]
    alone = [it.column for it in others if not _is_null(written[it.column])]
    return Stamping(
        tuple(given),
        tuple(it.column for it in missing),
        tuple(it.column for it in missing if it.fill is not Fill.NEVER),
        tuple(alone) if is_known else (),
    )


def _is_null(values: Sequence[str | None]) -> bool:
    return bool(values) and all(it == NULL for it in values)


def _is_value(values: Sequence[str | None]) -> bool:
    return bool(values) and all(it is not None and it != NULL for it in values)
