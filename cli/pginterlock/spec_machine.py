"""One machine of a spec to the model; names are checked against each other.

Pure: data in, data out.
"""

import re
from collections.abc import Iterable, Sequence

from pginterlock.expression import ExpressionError
from pginterlock.expression import parse as parse_expression
from pginterlock.model import (
    Audit,
    Expression,
    Invariant,
    Machine,
    Mode,
    Need,
    SpecPath,
    Stamp,
    StateRow,
    TableName,
    Transition,
    Unenforced,
)
from pginterlock.names import MAX_BYTES
from pginterlock.spec_format import MachinePart, TransitionPart
from pginterlock.spec_problems import Problems, meant

_MAX_MACHINE_BYTES = 40
_MACHINE = re.compile(r"[a-z_][a-z0-9_]*\Z")
_NAME = r'(?:"(?:[^"]|"")+"|[^".\s]+)'
_TABLE = re.compile(rf"(?:({_NAME})\.)?({_NAME})\Z")
_UNIT = r"(?:second|minute|hour|day|week|month|year)s?"
_INTERVAL = re.compile(rf"\d+(?:\.\d+)? {_UNIT}(?: \d+(?:\.\d+)? {_UNIT})*\Z")


def read_machine(name: str, part: MachinePart, problems: Problems) -> Machine:
    """Return the machine *name*; what is wrong with it goes into *problems*."""
    return _Reader(name, part, problems).machine()


class _Reader:
    def __init__(self, name: str, part: MachinePart, problems: Problems) -> None:
        self._name = name
        self._part = part
        self._problems = problems
        self._root: SpecPath = ("machines", name)
        moves = [m for moves in part.transitions.values() for m in moves]
        ends = [state for move in moves for state in (*move.from_, move.to)]
        self._states = list(dict.fromkeys([*part.initial, *ends, *part.final]))

    def machine(self) -> Machine:
        part = self._part
        self._check_name()
        transitions = self._transitions()
        rows = tuple(self._row(state) for state in part.states)
        for column in (part.state, *part.key, *part.audit.columns):
            self._column(("state",) if column == part.state else ("key",), column)
        for where, states in self._state_lists():
            self._known(where, states)
        if not part.initial:
            self._add(("initial",), "no state is initial: no row could begin")
        return Machine(
            name=self._name,
            table=self._table(part.table),
            state=part.state,
            key=tuple(part.key),
            mode=Mode(part.mode),
            initial=tuple(dict.fromkeys(part.initial)),
            final=tuple(dict.fromkeys(part.final)),
            transitions=transitions,
            stamps=tuple(
                Stamp(column, tuple(stamp.state), stamp.fill)
                for column, stamp in part.stamps.items()
            ),
            rows=rows,
            invariants=self._invariants(),
            deletion=tuple(part.deletion.from_),
            audit=Audit(tuple(part.audit.columns), part.audit.actor, part.audit.retain),
            checks=part.checks,
            continuity=part.continuity,
            unenforced=tuple(self._unenforced()),
        )

    def _add(self, path: SpecPath, message: str) -> None:
        self._problems.add((*self._root, *path), message)

    def _check_name(self) -> None:
        if len(self._name.encode()) > _MAX_MACHINE_BYTES or not _MACHINE.match(self._name):
            self._add(
                (),
                f"{self._name!r} is no name of a machine: small letters, digits and _, at most"
                f" {_MAX_MACHINE_BYTES} bytes, for the names of its objects begin with it",
            )

    def _table(self, text: str) -> TableName:
        found = _TABLE.match(text)
        if not found:
            self._add(("table",), f"{text!r} is no table: write schema.name")
            return TableName("public", text)
        schema, name = (_unquoted(part) if part else "public" for part in found.groups())
        for word in (schema, name):
            self._short(("table",), word)
        return TableName(schema, name)

    def _short(self, path: SpecPath, name: str) -> None:
        if len(name.encode()) > MAX_BYTES:
            self._add(path, f"{name!r} is longer than {MAX_BYTES} bytes, PostgreSQL's limit")

    def _column(self, path: SpecPath, name: str) -> None:
        self._short(path, name)
        if not name or "\0" in name:
            self._add(path, "a column needs a name")

    def _known(self, path: SpecPath, states: Iterable[str]) -> None:
        for number, state in enumerate(states):
            if state and state not in self._states:
                self._add((*path, number), f"unknown state {state!r}{meant(state, self._states)}")

    def _state_lists(self) -> list[tuple[SpecPath, Sequence[str]]]:
        part = self._part
        found: list[tuple[SpecPath, Sequence[str]]] = [(("deletion", "from"), part.deletion.from_)]
        found += [(("stamps", n, "state"), it.state) for n, it in part.stamps.items()]
        found += [(("states", n), [n]) for n in part.states]
        found += [(("deadlines", n), [n]) for n in part.deadlines]
        for section in ("invariants", "claims", "mirrors"):
            found += [((section, n, "in"), it.in_) for n, it in getattr(part, section).items()]
        return found

    def _transitions(self) -> tuple[Transition, ...]:
        found: list[Transition] = []
        seen: set[tuple[str, str, str]] = set()
        for event, moves in self._part.transitions.items():
            for number, move in enumerate(moves):
                path: SpecPath = ("transitions", event, number)
                for it in self._moves(event, move, path):
                    if (event, it.from_state, it.to_state) in seen:
                        self._add(path, f"{event} {it.from_state} -> {it.to_state} is there twice")
                    seen.add((event, it.from_state, it.to_state))
                    found.append(it)
        return tuple(found)

    def _moves(self, event: str, move: TransitionPart, path: SpecPath) -> list[Transition]:
        guard = self._expression((*path, "guard"), move.guard) if move.guard is not None else None
        if not move.from_:
            self._add((*path, "from"), "no state is left: name one at least")
        if move.to in move.from_:
            self._add((*path, "to"), f"{event} leads from {move.to} to itself, which is no move")
        return [
            Transition(event, state, move.to, guard, tuple(move.by), move.reason)
            for state in dict.fromkeys(move.from_)
            if state != move.to
        ]

    def _expression(self, path: SpecPath, text: str) -> Expression:
        try:
            return parse_expression(text)
        except ExpressionError as error:
            self._problems.add_inside(
                (*self._root, *path), error.offset, f"expression {text!r}: {error.message}"
            )
            return Expression(text, ())

    def _row(self, state: str) -> StateRow:
        part = self._part.states[state]
        for need in ("require", "forbid", "freeze", "clear"):
            for number, column in enumerate(getattr(part, need)):
                self._column(("states", state, need, number), column)
                if column == self._part.state:
                    self._add(
                        ("states", state, need, number),
                        "the state column itself is meant by the transitions, not by a state row",
                    )
        return StateRow(
            state, tuple(part.require), tuple(part.forbid), tuple(part.freeze), tuple(part.clear)
        )

    def _invariants(self) -> tuple[Invariant, ...]:
        return tuple(
            Invariant(
                name, self._expression(("invariants", name, "check"), part.check), tuple(part.in_)
            )
            for name, part in self._part.invariants.items()
        )

    def _unenforced(self) -> list[Unenforced]:
        """Return what is read but not held by the database yet; its form is checked too."""
        part = self._part
        self._check_unenforced()
        found = [Unenforced("claims", name, "IL15") for name in part.claims]
        found += [Unenforced("mirrors", name, "IL09") for name in part.mirrors]
        found += [Unenforced("reactions", name, "IL01") for name in part.reactions]
        found += [Unenforced("deadlines", name, "IL16") for name in part.deadlines]
        for event, moves in part.transitions.items():
            if any(move.by for move in moves):
                found.append(Unenforced("transitions", f"{event}.by", "IL05"))
            if any(move.reason is Need.REQUIRED for move in moves):
                found.append(Unenforced("transitions", f"{event}.reason", "IL06"))
        if part.audit.actor is Need.REQUIRED:
            found.append(Unenforced("audit", "actor", "IL06"))
        if part.audit.retain:
            found.append(Unenforced("audit", "retain", "retention"))
        if part.outbox:
            found.append(Unenforced("outbox", part.outbox.channel, "outbox"))
        if part.funnel:
            found.append(Unenforced("funnel", "true", "IL05"))
        return found + [Unenforced("repairs", name, "backfill") for name in part.repairs]

    def _check_unenforced(self) -> None:
        part = self._part
        for name, claim in part.claims.items():
            if claim.during is not None:
                self._expression(("claims", name, "during"), claim.during)
        for name, reaction in part.reactions.items():
            self._expression(("reactions", name, "when"), reaction.when)
            if reaction.event not in part.transitions:
                self._add(
                    ("reactions", name, "event"),
                    f"unknown event {reaction.event!r}{meant(reaction.event, part.transitions)}",
                )
        for name, repair in part.repairs.items():
            self._expression(("repairs", name, "when"), repair.when)
        intervals = [(("deadlines", state), text) for state, text in part.deadlines.items()]
        if part.audit.retain is not None:
            intervals.append((("audit", "retain"), part.audit.retain))
        for path, text in intervals:
            if not _INTERVAL.match(text):
                self._add(path, f"{text!r} is no length of time: write it as 15 minutes or 7 years")


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
