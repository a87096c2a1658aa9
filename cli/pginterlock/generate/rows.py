"""Make rows that stand in a state: born in an initial one, and moved along allowed moves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from pginterlock.elements import TableName, TargetGuard, Transition
from pginterlock.generate import acting, values, ways
from pginterlock.generate.copying import Shape
from pginterlock.generate.elsewhere import Elsewhere, Samples, joined, qualified
from pginterlock.generate.solving import Condition, solve
from pginterlock.model import Machine
from pginterlock.names import ident, literal

Values = dict[str, str | None]
Pins = Mapping[str, bool]  # column: whether it must be there


class Unmade(Exception):
    """A row, or a write, that could not be made; says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that the script has made: its number, its state, and what it holds."""

    number: int
    state: str
    values: Values


class Maker:
    """Writes the script of one machine, and runs it on the copy as it is written."""

    def __init__(
        self,
        copy: psycopg.Connection,
        machine: Machine,
        shapes: Mapping[TableName, Shape],
        samples: Samples,
    ) -> None:
        self.copy = copy
        self.machine = machine
        self.shape = joined(machine, shapes)
        self._foreign_keys = shapes[machine.table].parents
        self.shapes = {**shapes, machine.table: self.shape}
        self.elsewhere = Elsewhere(copy, machine, self.shapes, samples)
        self.lines: list[str] = []
        self.key = machine.key or self.shape.table.primary_key
        self._number = 0
        self.columns = [
            it
            for it in self.shape.table.columns
            if not it.is_generated and it.name != machine.state
        ]
        self.types = {it.name: it.type for it in self.columns}

    @property
    def name(self) -> str:
        """The table, as SQL writes it."""
        return qualified(self.machine.table)

    def make(
        self,
        state: str,
        pins: Pins | None = None,
        then: Transition | None = None,
        *,
        is_approved: bool = True,
    ) -> Row:
        """Return a new row in *state*, with *pins* fulfilled there, that *then* could move on.

        The approvals that *then* needs are given, if it *is_approved*. Raises Unmade.
        """
        why = f"no moves lead to {state}"
        for number, (start, way) in enumerate(ways.to(self.machine, state)):
            before, parents = list(self.lines), set(self.elsewhere.made)
            try:
                with self.copy.transaction():
                    row = self._along(start, way, pins or {}, then)
                    if then and is_approved:
                        self._approve(row, then)
                    return row
            except (Unmade, psycopg.Error) as error:
                why = why if number else reason(error)
                self.lines, self.elsewhere.made = before, parents
        raise Unmade(why)

    def born(self, state: str, pins: Pins | None = None) -> tuple[str, Row]:
        """Return the insert of a new row in *state*, not run, and what the row would hold."""
        self._number += 1
        number = self._number
        self.prepare(number)
        start = {it.name: self._begin(it.name, number) for it in self.columns}
        row = Row(number, "", start)
        held = self.solved(row, state, None, pins or {})
        return self.insert(held, state), Row(number, state, held)

    def insert(self, held: Values, state: str) -> str:
        """Return the insert of a row that holds *held* in *state*."""
        given = {name: value for name, value in held.items() if value is not None}
        columns = ", ".join(map(ident, [*given, self.machine.state]))
        listed = ", ".join(map(literal, [*map(str, given.values()), state]))
        return f"insert into {self.name} ({columns}) values ({listed})"

    def moved(
        self,
        row: Row,
        state: str,
        transition: Transition | None = None,
        pins: Pins | None = None,
        conditions: Sequence[Condition] | None = None,
        without: Sequence[str] = (),
    ) -> tuple[str, Row]:
        """Return the update that brings *row* to *state*, not run, and what the row holds then."""
        held = self.solved(row, state, transition, pins or {}, conditions)
        sets = {
            name: value
            for name, value in held.items()
            if value != row.values[name] and name not in without
        }
        return self.update(row, {self.machine.state: state, **sets}), Row(row.number, state, held)

    def changes(self, row: Row, transition: Transition) -> Values:
        """Return what *transition* sets in *row*: the state, and all that it must hold then."""
        state = transition.to_state
        _, moved = self.moved(row, state, transition)
        sets = {it: value for it, value in moved.values.items() if value != row.values[it]}
        return {**sets, self.machine.state: state}

    def update(self, row: Row, sets: Mapping[str, str | None]) -> str:
        """Return an update of *row*."""
        told = ", ".join(
            f"{ident(name)} = {'null' if value is None else literal(value)}"
            for name, value in sets.items()
        )
        return f"update {self.name} set {told} where {self.where(row)}"

    def where(self, row: Row) -> str:
        """Return the condition that tells *row* from all others."""
        return " and ".join(f"{ident(it)} = {literal(str(row.values[it]))}" for it in self.key)

    def refers(self, column: str, table: TableName) -> bool:
        """Whether a foreign key of the server holds *column* to rows of *table*."""
        return any(it.columns == (column,) and it.table == table for it in self._foreign_keys)

    def key_of(self, row: Row) -> dict[str, str]:
        """Return the key of *row*: column, and value as text."""
        return {it: str(row.values[it]) for it in self.key}

    def do(self, statement: str) -> None:
        """Run a statement, and write it down; raise psycopg.Error where it fails."""
        with self.copy.transaction():
            self.copy.execute(statement.encode())
        self.lines.append(f"{statement};")

    def solved(
        self,
        row: Row,
        state: str,
        transition: Transition | None,
        pins: Pins,
        conditions: Sequence[Condition] | None = None,
    ) -> Values:
        """Return what *row* must hold in *state*; raise Unmade."""
        wanted = list(self.demands(state) if conditions is None else conditions)
        if conditions is None and transition and transition.guard:
            wanted.append(Condition(transition.guard.text, transition.guard.columns))
        wanted = [it for it in wanted if set(it.columns) <= set(self.types)]
        there = {**ways.presence(self.machine, state), **pins}
        if transition and transition.guard_on:
            there[transition.guard_on.key] = True
        known = [text for it in wanted for text in values.constants(it.text)]
        choices = {}
        for column in self.columns:
            some = self._choices(row, column.name, known, wanted)
            if column.name in there:
                some = [it for it in some if (it is not None) == there[column.name]]
            elif column.is_not_null:
                some = [it for it in some if it is not None]
            if not some:
                raise Unmade(f"no value is known for {column.name} ({column.type})")
            choices[column.name] = some
        try:
            return solve(self.copy, self.types, choices, wanted)
        except ValueError as error:
            raise Unmade(str(error)) from None

    def demands(self, state: str) -> list[Condition]:
        """Return the conditions that a row must fulfil to rest in *state*."""
        machine = self.machine
        found = [
            Condition(it.check.text, it.check.columns)
            for it in machine.invariants
            if not it.states or state in it.states
        ]
        leaving = {t.event for t in machine.transitions if t.from_state == state}
        found += [
            Condition(f"({it.when.text}) is not true", it.when.columns)
            for it in machine.reactions
            if it.event in leaving
        ]
        found += [ways.bounded(it) for it in machine.claims if it.during and state in it.states]
        return [*found, *self.shape.checks]

    @property
    def asked(self) -> frozenset[str]:
        """The columns that some condition speaks of."""
        machine = self.machine
        guards = [t.guard for t in machine.transitions if t.guard]
        found = [c for state in machine.states for it in self.demands(state) for c in it.columns]
        return frozenset([*found, *(c for it in guards for c in it.columns)])

    def prepare(self, number: int) -> None:
        """Make the rows that row *number* may refer to."""
        for parent in self.shape.parents:
            if parent.table == self.machine.table:
                continue
            try:
                self.elsewhere.make(parent.table, number, self.do)
            except ValueError as error:
                raise Unmade(str(error)) from None

    def break_guard(self, row: Row, guard: TargetGuard) -> None:
        """Change the row elsewhere that *row* names until *guard* does not hold; raise Unmade."""
        key = row.values[guard.key]
        if key is None:
            raise Unmade(f"{guard.key} names no row of {guard.table}")
        try:
            self.do(self.elsewhere.broken(guard, key))
        except ValueError as error:
            raise Unmade(str(error)) from None

    def sample(self, column: str, number: int) -> str | None:
        """Return value *number* of a column of the machine's table."""
        return self.elsewhere.sample(self.shape, column, number)

    def _along(
        self, start: str, way: Sequence[Transition], pins: Pins, then: Transition | None
    ) -> Row:
        ahead = [*way, then] if then else list(way)
        states = [start, *(it.to_state for it in way)]
        wanted = [
            ways.foresight(self.machine, self.types, state, ahead[at:])
            for at, state in enumerate(states)
        ]
        wanted[-1] |= pins
        text, row = self.born(states[0], wanted[0])
        self.do(text)
        for transition, there in zip(way, wanted[1:], strict=True):
            text, moved = self.moved(row, transition.to_state, transition, there)
            self._approve(row, transition)
            self.do(text)
            row = moved
        return row

    def _approve(self, row: Row, transition: Transition) -> None:
        """Give *row* what *transition* needs of approvals."""
        for text in acting.approvals(self.machine, transition, self.key_of(row)):
            self.do(text)

    def _begin(self, column: str, number: int) -> str | None:
        found = self.shape.table.column(column)
        is_needed = column in self.key or (found is not None and found.is_not_null)
        return self.elsewhere.sample(self.shape, column, number) if is_needed else None

    def _choices(
        self, row: Row, name: str, known: Sequence[str], wanted: Sequence[Condition]
    ) -> list[str | None]:
        current = row.values[name]
        if name in self.key and row.state:  # it may be chosen at birth alone
            return [current]
        base = self._base(name)
        some: list[str | None] = [current, self.sample(name, row.number)]
        if any(name in it.columns for it in wanted) and not self._refers(name):
            beside = {c for it in wanted if name in it.columns for c in it.columns}
            near = [v for it in sorted(beside) if self._base(it) == base and (v := row.values[it])]
            own = [it for it in some if it is not None]
            usable = [it for it in (*near, *known, *own) if values.fits(it, base)]
            some += usable
            some += [it for value in (*near, *own) for it in values.shifted(value, known)]
            some += [it for value in usable for it in values.around(value)]
            some += ["true"] if base == "boolean" else []
        some += [it] if (it := values.second(base)) else []
        column = self.shape.table.column(name)
        some += column.labels[1:] if column else ()
        return list(dict.fromkeys([*some, None]))

    def _refers(self, name: str) -> bool:
        return any(name in it.columns for it in self.shape.parents)

    def _base(self, name: str) -> str:
        column = self.shape.table.column(name)
        return column.base_type if column else ""


def reason(error: Exception) -> str:
    """Return why something could not be made, in one line."""
    told = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return " ".join((told or str(error)).split())
