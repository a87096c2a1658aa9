"""Where operations on machines stand among those on tables.

A machine is put on once its columns are there, and before columns go that the version before it
spoke of. A column changes its type while no machine is on its table. A downgrade is the same, from
the end to the beginning.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alembic.operations import MigrateOperation, ops

from pginterlock.elements import TableName
from pginterlock.errors import SpecError
from pginterlock.integrations.alembic.frozen import speaks_of
from pginterlock.model import Machine, Spec


@dataclass(slots=True)
class Parts:
    """The operations on tables, parted: those before machines are put on, and those after."""

    first: list[MigrateOperation] = field(default_factory=list)
    last: list[MigrateOperation] = field(default_factory=list)


def part(operations: Iterable[MigrateOperation]) -> Parts:
    """Return *operations* in two parts: what takes a table or a column away comes last."""
    parts = Parts()
    for op in operations:
        if isinstance(op, ops.DropTableOp):
            parts.last.append(op)
        elif isinstance(op, ops.ModifyTableOps):
            gone = [it for it in op.ops if isinstance(it, ops.DropColumnOp)]
            rest = [it for it in op.ops if it not in gone]
            for some, where in ((rest, parts.first), (gone, parts.last)):
                if some:
                    where.append(ops.ModifyTableOps(op.table_name, some, schema=op.schema))
        elif isinstance(op, ops.DropColumnOp):
            parts.last.append(op)
        else:
            parts.first.append(op)
    return parts


def flat(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    """Yield *operations* one by one, those in containers too."""
    for op in operations:
        if isinstance(op, ops.OpContainer):
            yield from flat(op.ops)
        else:
            yield op


def table_of(op: MigrateOperation, default: str) -> TableName | None:
    """Return the table that *op* is about; without a schema it lies in *default*."""
    name = getattr(op, "table_name", None)
    if not isinstance(name, str):
        return None
    return TableName(getattr(op, "schema", None) or default, name)


def tables_of(operations: Iterable[MigrateOperation], default: str) -> set[TableName]:
    """Return the tables that *operations* are about."""
    found = (table_of(op, default) for op in flat(operations))
    return {it for it in found if it}


def retyped(
    operations: Sequence[MigrateOperation], installed: Mapping[str, Machine], default: str
) -> list[str]:
    """Return the *installed* machines that speak of a column whose type *operations* change."""
    changed = [
        (table_of(op, default), op.column_name)
        for op in flat(operations)
        if isinstance(op, ops.AlterColumnOp) and op.modify_type is not None
    ]
    return [
        name
        for name, machine in installed.items()
        if any(table == machine.table and speaks_of(machine, it) for table, it in changed)
    ]


def demand_agreement(operations: Iterable[MigrateOperation], spec: Spec, default: str) -> None:
    """Raise SpecError where *operations* take away what *spec* speaks of."""
    problems = []
    for op in flat(operations):
        table = table_of(op, default)
        for machine in spec.machines:
            if table != machine.table:
                continue
            place = spec.locate(("machines", machine.name, "table"))
            if isinstance(op, ops.DropTableOp):
                problems.append(f"{place}: the models have no table {table} any more")
            elif isinstance(op, ops.DropColumnOp) and speaks_of(machine, op.column_name):
                problems.append(
                    f"{place}: machine {machine.name} speaks of column {op.column_name!r}, and the"
                    f" models have none in {table}"
                )
    if problems:
        raise SpecError(
            tuple(problems), remedy="Spec and models disagree: mend the one or the other."
        )
