"""Take off whatever version of a machine a script meets; its history stays.

What it has there is found by its name: on its table, on the tables of its mirrors, in their
schemas. What a funnel took is given back, as it was.

Pure: names in, SQL text out.
"""

from collections.abc import Iterator

from pginterlock.blocks import block
from pginterlock.compiler import MachineNames
from pginterlock.integrations.alembic.moving import settle
from pginterlock.integrations.alembic.questions import question
from pginterlock.names import array, literal

_NOWHERE = "''"  # who may fire is of no account: the function goes


def take_off(machine: str, *, is_funnelled: bool = False) -> Iterator[str]:
    """Yield the statements that take *machine* off, if it is installed.

    One that *is_funnelled* afterwards takes again what is given back: the record of it stays.
    """
    names = MachineNames(machine)
    yield settle(machine)
    yield block(
        "migration_take_off",
        {
            "machine": machine,
            "triggers": array(names.triggers),
            "functions": array(names.functions),
            "table_functions": array(names.table_functions),
            "note_begins": f"{machine}: ",
        },
    )
    yield block(
        "migration_mirrors_off",
        {
            "functions": question("found_mirrors", 3, machine=literal(machine)),
            "trigger_note": f"Machine {machine}: mirror.",
        },
    )
    taken = {"machine": literal(machine), "schema": _NOWHERE, "function": _NOWHERE}
    yield block(
        "migration_give_back",
        {
            "machine": machine,
            "is_taken_again": str(is_funnelled).lower(),
            "taken": question("funnel_taken", 3, **taken),
            "sought": question("seek_grant", 3, oid="v_table"),
        },
    )
