"""A machine on a table to the objects that hold it.

Pure: model and table in, `DbObject`s out.
"""

from pginterlock.compiler import ownership, removal
from pginterlock.compiler.approving import approving
from pginterlock.compiler.attempts import Attempt, attempts
from pginterlock.compiler.callables import callables
from pginterlock.compiler.claims import claim_indexes
from pginterlock.compiler.functions import guard_functions
from pginterlock.compiler.funnel import found_grant, found_record, funnel_objects
from pginterlock.compiler.machine_names import MachineNames
from pginterlock.compiler.mirroring import mirror_functions, mirror_triggers
from pginterlock.compiler.registry import registry_entry, registry_facts
from pginterlock.compiler.relations import history_tables
from pginterlock.compiler.replay import Replay, Version, replay, version_of
from pginterlock.compiler.rows import row_objects
from pginterlock.compiler.runtime import runtime_objects
from pginterlock.compiler.scan import Scan, scan
from pginterlock.compiler.seeking import seek_objects
from pginterlock.compiler.triggers import triggers
from pginterlock.model import Machine
from pginterlock.objects import DbObject
from pginterlock.rules.parts import Writing
from pginterlock.table import Table

__all__ = [
    "Attempt",
    "MachineNames",
    "Replay",
    "Scan",
    "Version",
    "attempts",
    "compile_machine",
    "found_grant",
    "found_record",
    "ownership",
    "registry_facts",
    "removal",
    "replay",
    "runtime_objects",
    "scan",
    "version_of",
]


def compile_machine(machine: Machine, table: Table) -> list[DbObject]:
    """Return the objects that hold *machine* on *table*, in the order of creation."""
    writing = Writing(machine, table)
    return [
        *history_tables(writing),
        *mirror_functions(writing),
        *guard_functions(writing),
        *callables(writing),
        *approving(writing),
        *row_objects(writing),
        *triggers(writing),
        *mirror_triggers(writing),
        registry_entry(writing),
        *funnel_objects(writing),
        *claim_indexes(writing),
        *seek_objects(writing),
    ]
