"""A machine whose tables are called otherwise on one connection: ``schema_translate_map``."""

from dataclasses import replace

import sqlalchemy as sa

from pginterlock.elements import TableName
from pginterlock.model import Machine

_DEFAULT = "public"


def translated(machine: Machine, connection: sa.Connection) -> Machine:
    """Return *machine* with its tables where the translate map of *connection* has them.

    What the map says of no schema (None) is meant for tables of schema public, which is where a
    spec puts a table without one.
    """
    told = connection.get_execution_options().get("schema_translate_map") or {}

    def name(table: TableName) -> TableName:
        usual = told.get(None) if table.schema == _DEFAULT else None
        return TableName(told.get(table.schema) or usual or table.schema, table.name)

    if not told:
        return machine
    return replace(
        machine,
        table=name(machine.table),
        mirrors=tuple(replace(it, table=name(it.table)) for it in machine.mirrors),
        transitions=tuple(
            replace(it, guard_on=replace(it.guard_on, table=name(it.guard_on.table)))
            if it.guard_on
            else it
            for it in machine.transitions
        ),
    )
