"""Make rows that stand in a state: born in an initial one, and moved along allowed moves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg

from pginterlock.elements import TableName, Transition
from pginterlock.generate import values, ways
from pginterlock.generate.copying import Parent, Shape
from pginterlock.generate.solving import Condition, solve
from pginterlock.model import Machine
from pginterlock.names import ident, literal

Samples = Mapping[str, Mapping[str, str]]  # table, column, value; {n} is the number of the row
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
        self.shape = _joined(machine, shapes)
        self.shapes = {**shapes, machine.table: self.shape}
        self.samples = samples
        self.lines: list[str] = []
        self.key = machine.key or self.shape.table.primary_key
        self._number = 0
        self._parents: set[tuple[TableName, int]] = set()
        self.columns = [
            it
            for it in self.shape.table.columns
            if not it.is_generated and it.name != machine.state
        ]
        self.types = {it.name: it.type for it in self.columns}

    @property
    def name(self) -> str:
        """The table, as SQL writes it."""
        return _name(self.machine.table)

    def make(self, state: str, pins: Pins | None = None, then: Transition | None = None) -> Row:
        """Return a new row in *state*, with *pins* fulfilled there, that *then* could move on.

        Raises Unmade.
        """
        why = f"no moves without approvals lead to {state}"
        for number, (start, way) in enumerate(ways.to(self.machine, state)):
            before, parents = list(self.lines), set(self._parents)
            try:
                with self.copy.transaction():
                    return self._along(start, way, pins or {}, then)
            except (Unmade, psycopg.Error) as error:
                why = why if number else reason(error)
                self.lines, self._parents = before, parents
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
            if parent.table != self.machine.table:
                self._make_parent(parent.table, number)

    def sample(self, column: str, number: int) -> str | None:
        """Return value *number* of a column of the machine's table."""
        return self._sample(self.shape, column, number)

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
            text, row = self.moved(row, transition.to_state, transition, there)
            self.do(text)
        return row

    def _begin(self, column: str, number: int) -> str | None:
        found = self.shape.table.column(column)
        is_needed = column in self.key or (found is not None and found.is_not_null)
        return self._sample(self.shape, column, number) if is_needed else None

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

    def _sample(self, shape: Shape, name: str, number: int, depth: int = 0) -> str | None:
        told = self.samples.get(str(shape.table.name), {}).get(name)
        if told is not None:
            return told.replace("{n}", str(number))
        for it in shape.parents:
            if name in it.columns and depth < len(self.shapes):
                target = it.target_columns[it.columns.index(name)]
                return self._sample(self.shapes[it.table], target, number, depth + 1)
        column = shape.table.column(name)
        return (
            values.sample(values.sized(column, shape.lengths), number, column.labels)
            if column
            else None
        )

    def _make_parent(self, name: TableName, number: int) -> None:
        """Make row *number* of another table, after what it refers to itself."""
        if (name, number) in self._parents:
            return
        self._parents.add((name, number))
        shape = self.shapes[name]
        needed = {it.name: it for it in shape.table.columns if it.is_not_null}
        needed |= {it: c for p in self._pointing(name) for it in p if (c := shape.table.column(it))}
        for parent in shape.parents:
            if set(parent.columns) & set(needed) and parent.table != name:
                self._make_parent(parent.table, number)
        wanted = [it for it in (*shape.checks, *self._guards(name)) if it.columns]
        held = {
            it: self._sample(shape, it, number)
            for it in {**needed, **{c: None for w in wanted for c in w.columns}}
        }
        types = {it.name: it.type for it in shape.table.columns}
        known = [text for it in wanted for text in values.constants(it.text)]
        choices = {
            it: [
                *([] if value is None else [value]),
                *(v for v in (*known, "true", "false") if values.fits(v, _base_of(shape, it))),
                *([] if it in needed else [None]),
            ]
            for it, value in held.items()
        }
        try:
            held |= solve(self.copy, types, {k: v for k, v in choices.items() if v}, wanted)
        except ValueError as error:
            raise Unmade(f"{name}: {error}") from None
        given = {it: value for it, value in held.items() if value is not None}
        columns = ", ".join(map(ident, given))
        listed = ", ".join(map(literal, map(str, given.values())))
        self.do(f"insert into {_name(name)} ({columns}) values ({listed})")

    def _pointing(self, name: TableName) -> Iterator[tuple[str, ...]]:
        for shape in self.shapes.values():
            yield from (it.target_columns for it in shape.parents if it.table == name)

    def _guards(self, name: TableName) -> list[Condition]:
        return [
            Condition(t.guard_on.check.text, t.guard_on.check.columns)
            for t in self.machine.transitions
            if t.guard_on and t.guard_on.table == name
        ]


def reason(error: Exception) -> str:
    """Return why something could not be made, in one line."""
    told = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return " ".join((told or str(error)).split())


def _joined(machine: Machine, shapes: Mapping[TableName, Shape]) -> Shape:
    """Return the shape of the machine's table, with what its mirrors and guards refer to."""
    shape = shapes[machine.table]
    told = [(it.key, it.table) for it in machine.mirrors]
    told += [(t.guard_on.key, t.guard_on.table) for t in machine.transitions if t.guard_on]
    parents = list(shape.parents)
    for column, table in told:
        key = shapes[table].table.one_key if table in shapes else None
        if key and not any(it.columns == (column,) for it in parents):
            parents.append(Parent((column,), table, (key.name,)))
    return replace(shape, parents=tuple(parents))


def _base_of(shape: Shape, name: str) -> str:
    column = shape.table.column(name)
    return column.base_type if column else ""


def _name(table: TableName) -> str:
    return f"{ident(table.schema)}.{ident(table.name)}"
