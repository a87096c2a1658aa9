"""Look at a live database with a spec in hand: what should be there, and what is."""

from dataclasses import dataclass, replace

import psycopg

from pginterlock import catalog, database, migrate
from pginterlock.compiler import compile_machine, runtime_objects
from pginterlock.errors import SpecError
from pginterlock.fit import Problem, fit, no_such_roles, no_such_table
from pginterlock.model import Checks, Machine, Mode, Spec, TableName
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.plan import Change, changes, fingerprint
from pginterlock.rules.parts import Writing
from pginterlock.table import Rights, Table


@dataclass(frozen=True, slots=True)
class MachineSurvey:
    """One machine on its table: the objects that should be there, and those that are."""

    machine: Machine
    table: Table
    wanted: tuple[DbObject, ...]
    found: tuple[DbObject, ...]

    @property
    def writing(self) -> Writing:
        """The machine on its table, as the compiler takes it."""
        return Writing(self.machine, self.table)

    @property
    def changes(self) -> list[Change]:
        """What keeps the objects from being as they should."""
        return changes(self.wanted, self.found)


@dataclass(frozen=True, slots=True)
class Survey:
    """All machines of a spec, and schema interlock."""

    rights: Rights
    runtime_wanted: tuple[DbObject, ...]
    runtime_found: tuple[DbObject, ...]
    machines: tuple[MachineSurvey, ...]
    registered: tuple[tuple[str, TableName], ...]
    head: str

    @property
    def owner(self) -> str | None:
        """The role that owns schema interlock, or None where that is who we are."""
        return None if self.rights.owner == self.rights.role else self.rights.owner


def survey(connection: psycopg.Connection, spec: Spec) -> Survey:
    """Return what should be there and what is; raise SpecError where the spec does not fit."""
    runtime = runtime_objects(migrate.runtime())
    with database.snapshot(connection):
        rights = catalog.rights(connection)
        problems: list[Problem] = []
        machines = []
        for machine in spec.machines:
            table = catalog.table(connection, machine.table, machine.name)
            if table is None:
                problems.append(no_such_table(machine, catalog.tables(connection)))
                continue
            problems += fit(machine, table)
            if any(move.by for move in machine.transitions):
                problems += no_such_roles(machine, catalog.roles(connection))
            if not problems:
                found = catalog.found_objects(connection, machine.name, table)
                wanted = compile_machine(machine, table)
                machines.append(MachineSurvey(machine, table, tuple(wanted), tuple(found)))
        if problems:
            raise_problems(spec, problems)
        runtime_found = catalog.runtime_functions(connection, [it.name for it in runtime])
        registered = catalog.registered(connection)
    if not rights.is_standby and not rights.is_read_only:
        machines = [_as_stored(connection, it) for it in machines]
    return Survey(
        rights,
        tuple(runtime),
        tuple(runtime_found),
        tuple(machines),
        tuple(registered.items()),
        migrate.head(),
    )


def raise_problems(spec: Spec, problems: list[Problem]) -> None:
    """Raise SpecError with all *problems*, each with its position."""
    told = []
    for problem in problems:
        position = spec.locate(problem.path)
        told.append(f"{position}: {problem.message}" if position else problem.message)
    raise SpecError(tuple(told), remedy="The database is unchanged; mend the spec or the table.")


def _as_stored(connection: psycopg.Connection, it: MachineSurvey) -> MachineSurvey:
    """Return *it* with native CHECKs as this server would store them, not as we write them."""
    if it.machine.checks is not Checks.NATIVE or it.machine.mode is not Mode.ENFORCE:
        return it
    there = {o.name for o in it.found}
    checks = [o for o in it.wanted if o.kind is ObjectKind.CHECK and o.name in there]
    if not checks:
        return it
    stored: dict[str, str] = {}
    with database.faults(), database.trial(connection):
        database.run(connection, "set local search_path = ''")
        for o in checks:
            stored[o.name] = catalog.stored_check(connection, it.table, o.expression)
    wanted = tuple(
        replace(o, facts=tuple({**dict(o.facts), "expression": stored[o.name]}.items()))
        if o.name in stored
        else o
        for o in it.wanted
    )
    return replace(it, wanted=wanted)


def state_of(connection: psycopg.Connection, machines: dict[str, TableName]) -> str:
    """Return the fingerprint of a database as far as *machines* are concerned."""
    facts: dict[str, str] = {}
    objects: list[DbObject] = []
    rights = catalog.rights(connection)
    facts["revision"] = rights.revision or ""
    for machine, name in machines.items():
        table = catalog.table(connection, name, machine)
        if table is None:
            facts[machine] = "no table"
            continue
        facts[machine] = table.shape
        objects += catalog.found_objects(connection, machine, table)
    objects += catalog.runtime_functions(
        connection, [it.name for it in runtime_objects(migrate.runtime())]
    )
    return fingerprint(facts, objects)
