"""Rows of other tables: those that a row may refer to, and what a guard over there asks of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import psycopg

from pginterlock.elements import TableName, TargetGuard
from pginterlock.generate import values
from pginterlock.generate.copying import Parent, Shape
from pginterlock.generate.solving import Condition, solve
from pginterlock.model import Machine
from pginterlock.names import ident, literal

Samples = Mapping[str, Mapping[str, str]]  # table, column, value; {n} is the number of the row
Do = Callable[[str], None]  # runs a statement, and writes it down


class Elsewhere:
    """The tables around that of *machine*; remembers which of their rows are there."""

    def __init__(
        self,
        copy: psycopg.Connection,
        machine: Machine,
        shapes: Mapping[TableName, Shape],
        samples: Samples,
    ) -> None:
        self.copy = copy
        self.machine = machine
        self.shapes = shapes
        self.samples = samples
        self.made: set[tuple[TableName, int]] = set()

    def sample(self, shape: Shape, name: str, number: int, depth: int = 0) -> str | None:
        """Return value *number* of a column: one of yours, that of its parent, or any."""
        told = self.samples.get(str(shape.table.name), {}).get(name)
        if told is not None:
            return told.replace("{n}", str(number))
        for it in shape.parents:
            if name in it.columns and depth < len(self.shapes):
                target = it.target_columns[it.columns.index(name)]
                return self.sample(self.shapes[it.table], target, number, depth + 1)
        column = shape.table.column(name)
        return (
            values.sample(values.sized(column, shape.lengths), number, column.labels)
            if column
            else None
        )

    def make(self, name: TableName, number: int, do: Do) -> None:
        """Make row *number* of another table, after what it refers to itself.

        Raises ValueError where no values are found.
        """
        if (name, number) in self.made:
            return
        self.made.add((name, number))
        shape = self.shapes[name]
        needed = {it.name: it for it in shape.table.columns if it.is_not_null}
        needed |= {it: c for p in self._pointing(name) for it in p if (c := shape.table.column(it))}
        for parent in shape.parents:
            if set(parent.columns) & set(needed) and parent.table != name:
                self.make(parent.table, number, do)
        wanted = [it for it in (*shape.checks, *self._guards(name)) if it.columns]
        held = {
            it: self.sample(shape, it, number)
            for it in {**needed, **{c: None for w in wanted for c in w.columns}}
        }
        known = [text for it in wanted for text in values.constants(it.text)]
        choices = {
            it: [
                *([] if value is None else [value]),
                *(v for v in (*known, "true", "false") if values.fits(v, _base_of(shape, it))),
                *([] if it in needed else [None]),
            ]
            for it, value in held.items()
        }
        some = {k: v for k, v in choices.items() if v}
        try:
            held |= solve(self.copy, _types(shape), some, wanted)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        given = {it: value for it, value in held.items() if value is not None}
        columns = ", ".join(map(ident, given))
        listed = ", ".join(map(literal, map(str, given.values())))
        do(f"insert into {qualified(name)} ({columns}) values ({listed})")

    def broken(self, guard: TargetGuard, key: str) -> str:
        """Return the update of row *key* of another table after which *guard* does not hold.

        Raises ValueError where no values are found.
        """
        shape = self.shapes[guard.table]
        wanted = [Condition(f"({guard.check.text}) is not true", guard.check.columns)]
        asked = set(guard.check.columns)
        wanted += [it for it in shape.checks if set(it.columns) <= asked]
        known = [text for it in wanted for text in values.constants(it.text)]
        near = [*known, *(v for it in known for v in values.around(it)), "true", "false"]
        choices = {}
        for column in guard.check.columns:
            found = shape.table.column(column)
            fitting = [it for it in near if values.fits(it, _base_of(shape, column))]
            is_needed = found is not None and found.is_not_null
            choices[column] = [*fitting, *([] if is_needed else [None])]
        held = solve(self.copy, _types(shape), choices, wanted)
        sets = ", ".join(
            f"{ident(it)} = {'null' if value is None else literal(value)}"
            for it, value in held.items()
        )
        named = shape.table.one_key
        where = f"{ident(named.name if named else '')} = {literal(key)}"
        return f"update {qualified(guard.table)} set {sets} where {where}"

    def _pointing(self, name: TableName) -> Iterator[tuple[str, ...]]:
        for shape in self.shapes.values():
            yield from (it.target_columns for it in shape.parents if it.table == name)

    def _guards(self, name: TableName) -> list[Condition]:
        return [
            Condition(t.guard_on.check.text, t.guard_on.check.columns)
            for t in self.machine.transitions
            if t.guard_on and t.guard_on.table == name
        ]


def joined(machine: Machine, shapes: Mapping[TableName, Shape]) -> Shape:
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


def qualified(table: TableName) -> str:
    """Return *table* as SQL writes it."""
    return f"{ident(table.schema)}.{ident(table.name)}"


def _types(shape: Shape) -> dict[str, str]:
    return {it.name: it.type for it in shape.table.columns}


def _base_of(shape: Shape, name: str) -> str:
    column = shape.table.column(name)
    return column.base_type if column else ""
