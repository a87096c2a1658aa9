"""Look at a live database with a spec in hand: what should be there, and what is."""

from dataclasses import dataclass, replace

import psycopg

from pginterlock import catalog, database, followed, grants, indexes, migrate
from pginterlock.changes import Change, changes
from pginterlock.choices import Checks
from pginterlock.compiler import compile_machine, runtime_objects, seeking
from pginterlock.elements import TableName
from pginterlock.errors import SpecError
from pginterlock.fingerprints import fingerprint, target
from pginterlock.fit import Problem, fit, no_such_roles, no_such_table, no_such_targets
from pginterlock.model import Machine, Spec
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.renaming import resolved
from pginterlock.rules.parts import Writing
from pginterlock.table import Rights, Table


@dataclass(frozen=True, slots=True)
class MachineSurvey:
    """One machine on its table: the objects that should be there, and those that are.

    *machine* is what the spec means here: with the old names of states that are still accepted.
    *in_force* is the version that is installed.
    """

    machine: Machine
    table: Table
    wanted: tuple[DbObject, ...]
    found: tuple[DbObject, ...]
    in_force: Machine | None = None

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


def survey(connection: psycopg.Connection, spec: Spec, *, drop_old_names: bool = False) -> Survey:
    """Return what should be there and what is; raise SpecError where the spec does not fit."""
    runtime = runtime_objects(migrate.runtime())
    with database.snapshot(connection):
        rights = catalog.rights(connection)
        problems: list[Problem] = []
        machines = []
        for declared in spec.machines:
            table = catalog.table(connection, declared.table, declared.name)
            if table is None:
                missing = no_such_table(declared, catalog.tables(connection))
                problems += followed.explained(connection, declared, [missing])
                continue
            found = catalog.found_objects(connection, declared.name, table)
            before = catalog.in_force(found)
            machine = resolved(declared, before, drop_old_names=drop_old_names)
            table = catalog.with_targets(connection, table, machine)
            problems += followed.explained(connection, machine, fit(machine, table))
            if len(table.targets) < len(machine.targets_elsewhere):
                problems += no_such_targets(machine, table, catalog.tables(connection))
            if any(move.by or move.approvals for move in machine.transitions):
                problems += no_such_roles(machine, grants.roles(connection))
            if not problems:
                wanted = compile_machine(machine, table)
                machines.append(MachineSurvey(machine, table, tuple(wanted), tuple(found), before))
        if problems:
            raise_problems(spec, problems)
        runtime_found = catalog.runtime_functions(connection, [it.name for it in runtime])
        registered = catalog.registered(connection)
    can_ask = not rights.is_standby and not rights.is_read_only
    if can_ask:
        machines = [_as_stored(connection, it) for it in machines]
    machines = [_with_indexes(connection, it, can_ask=can_ask) for it in machines]
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
    if it.machine.checks is not Checks.NATIVE:
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


def _with_indexes(
    connection: psycopg.Connection, it: MachineSurvey, *, can_ask: bool
) -> MachineSurvey:
    """Return *it* with the indexes of claims as this server would store them.

    Where nothing can be tried, as on a standby, they are told by their digests alone.
    """
    there = {o.name: dict(o.facts)["definition"] for o in it.found if o.kind is ObjectKind.INDEX}
    stored: dict[str, str] = {}
    asked = [o for o in it.wanted if o.kind is ObjectKind.INDEX and o.name in there]
    if asked and can_ask:
        with database.faults(), database.trial(connection):
            database.run(connection, "set local search_path = ''")
            stored = {o.name: indexes.stored_definition(connection, it.table, o) for o in asked}
    known = {o.name: stored.get(o.name, there[o.name]) for o in asked}
    wanted = tuple(
        replace(o, facts=tuple({**dict(o.facts), "definition": known[o.name]}.items()))
        if o.name in known
        else o
        for o in it.wanted
    )
    return replace(it, wanted=wanted)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a database stands: exactly, and by what a plan would bring about."""

    fingerprint: str
    target: str


def standing(connection: psycopg.Connection, machines: dict[str, TableName]) -> Standing:
    """Return where a database stands as far as *machines* are concerned."""
    facts: dict[str, str] = {}
    shapes: dict[str, str] = {}
    objects: list[DbObject] = []
    revision = catalog.rights(connection).revision or ""
    for machine, name in machines.items():
        table = catalog.table(connection, name, machine)
        facts[machine] = table.shape if table else "no table"
        if table is None:
            continue
        shapes[machine] = lasting(table)
        found = catalog.found_objects(connection, machine, table)
        # What is built before the arming would make a plan that is cut short a stale one.
        objects += [it for it in found if not seeking.is_seek(it)]
    objects += catalog.runtime_functions(
        connection, [it.name for it in runtime_objects(migrate.runtime())]
    )
    return Standing(
        fingerprint({**facts, "revision": revision}, objects),
        target({**shapes, "revision": revision}, objects),
    )


def lasting(table: Table) -> str:
    """Return what a machine depends on of its table, but what apply itself makes."""
    return replace(table, has_tombstones=False).shape
