"""One machine of a spec to the model; names are checked against each other.

Pure: data in, data out.
"""

import re
from collections.abc import Sequence

from pginterlock.choices import Mode
from pginterlock.elements import (
    Audit,
    Expression,
    Invariant,
    Mirror,
    Outbox,
    Stamp,
    StateRow,
    TableName,
    TargetGuard,
    Transition,
)
from pginterlock.expression import ExpressionError
from pginterlock.expression import parse as parse_expression
from pginterlock.model import Machine, SpecPath
from pginterlock.names import MAX_BYTES
from pginterlock.spec_claims import read_claims
from pginterlock.spec_deadlines import is_interval, no_interval, read_deadlines
from pginterlock.spec_format import TransitionPart
from pginterlock.spec_mirrors import read_mirrors, read_target_guard
from pginterlock.spec_modes import read_modes
from pginterlock.spec_problems import Problems, Read
from pginterlock.spec_reactions import read_reactions
from pginterlock.spec_renames import read_renames
from pginterlock.spec_repairs import read_repairs
from pginterlock.spec_roles import check_approvals, check_roles, funnelled, read_approvals
from pginterlock.spelling import meant

_MAX_MACHINE_BYTES = 40
_SHOWN = 80  # characters of an expression in a message
_MACHINE = re.compile(r"[a-z_][a-z0-9_]*\Z")
_FOREIGN_SCHEMAS = ("interlock", "information_schema", "pg_catalog")
_NAME = r'(?:"(?:[^"]|"")+"|[^".\s]+)'
_TABLE = re.compile(rf"(?:({_NAME})\.)?({_NAME})\Z")
# What of the session an entry keeps, and may be personal.
_CLAIMED = ("actor", "client_address", "application_name")


def read_machine(name: str, read: Read, problems: Problems) -> Machine:
    """Return the machine *name*; what is wrong with it goes into *problems*."""
    return _Reader(name, read, problems).machine()


class _Reader:
    def __init__(self, name: str, read: Read, problems: Problems) -> None:
        self._name = name
        self._part = part = read.part
        self._is_whole = read.is_whole
        self._problems = problems
        self._root: SpecPath = ("machines", name)
        moves = [m for moves in part.transitions.values() for m in moves]
        ends = [state for move in moves for state in (*move.from_, move.to)]
        self._states = list(dict.fromkeys([*part.initial, *ends, *part.final]))

    def machine(self) -> Machine:
        part = self._part
        self._check_name()
        self._check_states()
        self._check_columns()
        self._check_lengths()
        self._check_reactions()
        table = self._table(("table",), part.table)
        mirrors = read_mirrors(self._name, table, part.mirrors, part.claims, self._table, self._add)
        return Machine(
            name=self._name,
            table=table,
            state=part.state,
            key=tuple(part.key),
            mode=Mode(part.mode),
            modes=read_modes(self._root, part, self._problems),
            initial=tuple(dict.fromkeys(part.initial)),
            final=tuple(dict.fromkeys(part.final)),
            transitions=self._transitions(mirrors),
            mirrors=mirrors,
            stamps=tuple(
                Stamp(column, tuple(stamp.state), stamp.fill)
                for column, stamp in part.stamps.items()
            ),
            rows=tuple(
                StateRow(state, *map(tuple, (row.require, row.forbid, row.freeze, row.clear)))
                for state, row in part.states.items()
            ),
            invariants=tuple(
                Invariant(
                    name, self._expression(("invariants", name, "check"), it.check), tuple(it.in_)
                )
                for name, it in part.invariants.items()
            ),
            claims=read_claims(self._name, part.state, part.claims, self._expression, self._add),
            reactions=read_reactions(part, self._expression, self._add, is_whole=self._is_whole),
            deadlines=read_deadlines(part, self._add, is_whole=self._is_whole),
            deletion=tuple(part.deletion.from_),
            audit=Audit(
                tuple(part.audit.columns),
                part.audit.actor,
                part.audit.retain,
                tuple(part.audit.erasable),
            ),
            outbox=self._outbox(),
            checks=part.checks,
            continuity=part.continuity,
            repairs=read_repairs(part.repairs, self._expression, self._add),
            funnel=funnelled(part),
            services=self._services(),
            renames=read_renames(part, self._states, self._add),
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

    def _table(self, path: SpecPath, text: str) -> TableName:
        found = _TABLE.match(text)
        if not found:
            self._add(path, f"{text!r} is no table: write schema.name")
            return TableName("public", text)
        schema, name = (_unquoted(part) if part else "public" for part in found.groups())
        for word in (schema, name):
            self._short(path, word)
        if schema in _FOREIGN_SCHEMAS:
            self._add(path, f"a machine guards a table of yours, and none in {schema}")
        return TableName(schema, name)

    def _short(self, path: SpecPath, name: str) -> None:
        if len(name.encode()) > MAX_BYTES:
            self._add(path, f"{name!r} is longer than {MAX_BYTES} bytes, PostgreSQL's limit")

    def _check_columns(self) -> None:
        part = self._part
        if part.state in part.key:
            self._add(("key",), f"the state column {part.state!r} cannot be part of the key")
        self._columns(("state",), [part.state])
        self._columns(("key",), part.key)
        self._columns(("audit", "columns"), part.audit.columns)
        self._erasable(part.audit.columns, part.audit.erasable)
        for name in part.stamps:
            self._columns(("stamps", name), [name])
        for name, claim in part.claims.items():
            self._columns(("claims", name, "resource"), claim.resource)
        for name, mirror in part.mirrors.items():
            self._columns(("mirrors", name, "key"), mirror.key)
            self._columns(("mirrors", name, "column"), [mirror.column])
        for name, repair in part.repairs.items():
            self._columns(("repairs", name, "set"), list(repair.set_))
        for state, row in part.states.items():
            for need in ("require", "forbid", "freeze", "clear"):
                self._row(("states", state, need), getattr(row, need))

    def _erasable(self, columns: Sequence[str], erasable: Sequence[str]) -> None:
        self._once(("audit", "erasable"), erasable)
        known = [*columns, *_CLAIMED]
        for number, name in enumerate(erasable):
            if name not in known:
                told = f"{name!r} is none of audit.columns, nor {', '.join(_CLAIMED)}"
                self._add(("audit", "erasable", number), f"{told}{meant(name, known)}")

    def _columns(self, path: SpecPath, columns: Sequence[str]) -> None:
        self._once(path, columns)
        for number, name in enumerate(columns):
            self._short((*path, number), name)
            if not name.strip():
                self._add((*path, number), "a column needs a name")

    def _row(self, path: SpecPath, columns: Sequence[str]) -> None:
        self._columns(path, columns)
        for number, column in enumerate(columns):
            if column == self._part.state:
                told = "the state column moves by transitions; a state says nothing of it"
                self._add((*path, number), told)
            if column == "*" and path[-1] != "freeze":
                self._add((*path, number), "'*' stands for all columns in freeze only")

    def _once(self, path: SpecPath, names: Sequence[str]) -> None:
        for number, name in enumerate(names):
            if name in names[:number]:
                self._add((*path, number), f"{name!r} is there twice")

    def _check_states(self) -> None:
        part = self._part
        if not part.initial and self._is_whole:
            self._add(("initial",), "no state is initial: no row could begin")
        for path, states in (
            (("initial",), part.initial),
            (("final",), part.final),
            *self._state_lists(),
        ):
            self._once(path, states)
            for number, state in enumerate(states):
                if not state.strip():
                    self._add((*path, number), "a state needs a name")
                elif state not in self._states and self._is_whole:
                    told = f"unknown state {state!r}{meant(state, self._states)}"
                    self._add((*path, number), told)

    def _state_lists(self) -> list[tuple[SpecPath, Sequence[str]]]:
        part = self._part
        found: list[tuple[SpecPath, Sequence[str]]] = [(("deletion", "from"), part.deletion.from_)]
        found += [(("stamps", n, "state"), it.state) for n, it in part.stamps.items()]
        found += [(("states", n), [n]) for n in part.states]
        found += [(("deadlines", n), [n]) for n in part.deadlines]
        for section in ("invariants", "claims", "mirrors"):
            found += [((section, n, "in"), it.in_) for n, it in getattr(part, section).items()]
        return found

    def _transitions(self, mirrors: Sequence[Mirror]) -> tuple[Transition, ...]:
        found: list[Transition] = []
        seen: set[tuple[str, str, str]] = set()
        for event, moves in self._part.transitions.items():
            if not event.strip():
                self._add(("transitions", event), "an event needs a name")
            if not moves and self._is_whole:
                self._add(("transitions", event), "there is no move in it")
            for number, move in enumerate(moves):
                path: SpecPath = ("transitions", event, number)
                for it in self._moves(event, move, path, mirrors):
                    if (event, it.from_state, it.to_state) in seen:
                        self._add(path, f"{event} {it.from_state} -> {it.to_state} is there twice")
                    seen.add((event, it.from_state, it.to_state))
                    found.append(it)
        check_approvals(found, self._add)
        return tuple(found)

    def _moves(
        self, event: str, move: TransitionPart, path: SpecPath, mirrors: Sequence[Mirror]
    ) -> list[Transition]:
        guard, guard_on = self._guards((*path, "guard"), move, mirrors)
        self._once((*path, "from"), move.from_)
        check_roles((*path, "by"), move.by, self._add)
        approvals = read_approvals((*path, "approvals"), move.approvals, self._add)
        if not move.from_ and self._is_whole:
            self._add((*path, "from"), "no state is left: name one at least")
        if move.to in move.from_:
            self._add((*path, "to"), f"{event} leads from {move.to} to itself, which is no move")
        for end, states in (("from", move.from_), ("to", [move.to])):
            for number, state in enumerate(states):
                if state == "*" or not state.strip():
                    told = "'*' is no state: name each" if state == "*" else "a state needs a name"
                    self._add((*path, end, number), told)
        return [
            Transition(
                event, state, move.to, guard, tuple(move.by), move.reason, guard_on, approvals
            )
            for state in dict.fromkeys(move.from_)
            if state != move.to
        ]

    def _guards(
        self, path: SpecPath, move: TransitionPart, mirrors: Sequence[Mirror]
    ) -> tuple[Expression | None, TargetGuard | None]:
        part = move.guard
        if part is None:
            return None, None
        elsewhere = read_target_guard(path, part, mirrors, self._expression, self._table, self._add)
        return (None if part.on else self._expression((*path, "check"), part.check)), elsewhere

    def _expression(self, path: SpecPath, text: str) -> Expression:
        bare = text.strip()
        try:
            return parse_expression(bare)
        except ExpressionError as error:
            shown = bare if len(bare) <= _SHOWN else f"{bare[:_SHOWN]}..."
            self._problems.add_inside(
                (*self._root, *path),
                error.offset + len(text) - len(text.lstrip()),
                f"expression {shown!r}: {error.message}",
            )
            return Expression(bare, ())

    def _outbox(self) -> Outbox | None:
        if self._part.outbox is None:
            return None
        channel = self._part.outbox.channel
        self._short(("outbox", "channel"), channel)
        if not channel.strip():
            self._add(("outbox", "channel"), "a channel needs a name")
        return Outbox(channel)

    def _services(self) -> tuple[str, ...]:
        self._once(("services",), self._part.services)
        for number, path in enumerate(self._part.services):
            if not path.strip():
                self._add(("services", number), "a path of code needs a name")
        return tuple(self._part.services)

    def _check_reactions(self) -> None:
        """Find reactions that would have to ask another table, before the row is written."""
        part = self._part
        for name, reaction in part.reactions.items():
            moves = part.transitions.get(reaction.event, [])
            if any(move.guard and move.guard.on for move in moves):
                told = f"{reaction.event} has a guard on another table, and no reaction can ask it"
                self._add(("reactions", name, "event"), told)

    def _check_lengths(self) -> None:
        part = self._part
        if part.audit.retain is not None and not is_interval(part.audit.retain):
            self._add(("audit", "retain"), no_interval(part.audit.retain))


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
