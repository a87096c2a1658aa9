"""The steps from a surveyed database to its spec, in the order of doing, with reasons and locks."""

from collections.abc import Callable
from dataclasses import replace

import psycopg

from pginterlock import catalog, database, indexes, memberships, migrate, repair_probe, versions
from pginterlock.elements import TableName
from pginterlock.fingerprints import target
from pginterlock.model import Spec
from pginterlock.plan import Part, Plan
from pginterlock.steps_machines import machine_steps
from pginterlock.steps_schema import demand_rights, extension_steps, schema_steps
from pginterlock.steps_tripwire import around, around_script
from pginterlock.survey import MachineSurvey, Survey, lasting, raise_problems, standing, survey


def make_plan(
    connection: psycopg.Connection,
    spec: Spec,
    *,
    drop_old_names: bool = False,
    leave_rows: bool = False,
    makes_tripwire: bool = False,
    is_script: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Return the steps that bring the database to *spec*; nothing is changed.

    Old names of states are accepted beside the new ones until *drop_old_names* is said.
    *leave_rows* lets a machine that refuses nothing yet lose a state in which rows stand.
    *makes_tripwire* makes the tripwire, which is for the whole database, where this role may, with
    whatever else is to be done; one that is there is kept up to date in any case. A plan that
    *is_script* asks for it where it runs.

    Raises SpecError where the spec does not fit the database, EnvironmentFault where the rights
    do not reach, UnsafeError where rows stand in a state that goes.
    """
    with memberships.explained(connection, with_tables=True), database.faults():
        seen = survey(connection, spec, drop_old_names=drop_old_names)
        migrate.demand_known(seen.rights.revision)
        machines = {m.name: m.table for m in spec.machines}
        with database.snapshot(connection):
            now = standing(connection, machines)
            told = versions.look(
                connection, seen.machines, leave_rows=leave_rows, progress=progress
            )
        watches = {it.survey.machine.name: versions.watch(it) for it in told}
        rest = [*schema_steps(seen), *versions.moves(told)]
        is_busy = bool(rest) or any(it.changes for it in seen.machines)
        if is_script:
            wire = around_script(seen)
        else:
            wire = around(connection, seen, makes_it=makes_tripwire, is_busy=is_busy)
        of_machines = machine_steps(seen, watches, wire)
        first = extension_steps(connection, seen)
        if of_machines.prepare:
            first = [replace(it, part=Part.PREPARE) for it in first]
        before = [*of_machines.look, *first, *of_machines.prepare, *wire.before]
        arm = [*schema_steps(seen), *of_machines.arm, *wire.after]
        steps = [*before, *arm, *of_machines.after, *versions.moves(told)]
        if steps:
            demand_rights(seen)
            memberships.demand(
                connection, [place for it in seen.machines for place in _written(it)]
            )
            _probe(connection, spec, seen)
    return Plan(
        database=seen.rights.database,
        fingerprint=now.fingerprint,
        target=_target(seen),
        machines=tuple(machines.items()),
        targets=tuple(t.name for it in seen.machines for t in it.table.targets),
        steps=tuple(steps),
        notes=(*_notes(seen, spec, wire.note), *(note for it in told for note in it.notes)),
        differences=tuple(difference for it in told for difference in it.differences),
    )


def _written(it: MachineSurvey) -> list[TableName]:
    """Return the tables on which *it* changes something."""
    return [it.table.name, *(other.name for other in it.table.targets)] if it.changes else []


def _target(seen: Survey) -> str:
    """Return what the database is known by once all is armed."""
    shapes = {it.machine.name: lasting(it.table) for it in seen.machines}
    wanted = [thing for it in seen.machines for thing in it.wanted]
    return target({**shapes, "revision": seen.head}, [*wanted, *seen.runtime_wanted])


def _notes(seen: Survey, spec: Spec, tripwire: str) -> list[str]:
    known = {machine.name for machine in spec.machines}
    notes = [
        f"machine {name} on {table} is installed, but not in this spec; it stays"
        for name, table in seen.registered
        if name not in known
    ]
    if seen.rights.owner == seen.rights.role:
        notes.append(
            f"schema interlock belongs to {seen.rights.role}, who may also change its history; as a"
            " superuser: create role interlock_owner nologin;"
        )
    return [*notes, tripwire] if tripwire else notes


def _probe(connection: psycopg.Connection, spec: Spec, seen: Survey) -> None:
    """Ask the server itself whether it takes every expression, on throwaway copies."""
    problems = []
    for it in seen.machines:
        if not it.changes:
            continue
        with database.trial(connection):
            database.run(connection, "set local search_path = pg_catalog, pg_temp")
            problems += catalog.probe(connection, it.machine, it.table)
            problems += repair_probe.probe(connection, it.machine, it.table)
            problems += indexes.probe(connection, it.machine, it.table, it.wanted)
        problems += catalog.probe_targets(connection, it.machine, it.table)
    if problems:
        raise_problems(spec, problems)
