"""Look at a live database with a spec in hand: what should be there, what is, and the plan between."""

from dataclasses import dataclass, replace

import psycopg

from pginterlock import catalog, database, migrate
from pginterlock.compiler import compile_machine, ownership, runtime_objects, scan
from pginterlock.errors import EnvironmentFault, SpecError
from pginterlock.fit import Problem, fit, no_such_table
from pginterlock.model import Checks, Machine, Mode, Spec, TableName
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.plan import Action, Change, Part, Plan, Step, changes, fingerprint
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
        rights, tuple(runtime), tuple(runtime_found), tuple(machines),
        tuple(registered.items()), migrate.head(),
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


def make_plan(connection: psycopg.Connection, spec: Spec) -> Plan:
    """Return the steps that bring the database to *spec*; nothing is changed.

    Raises SpecError where the spec does not fit the database, EnvironmentFault where the rights
    do not reach.
    """
    with database.faults():
        seen = survey(connection, spec)
        machines = {m.name: m.table for m in spec.machines}
        with database.snapshot(connection):
            state = state_of(connection, machines)
        steps = [*_schema_steps(seen), *_machine_steps(seen)]
        if steps:
            _demand_rights(seen)
            _probe(connection, spec, seen)
    return Plan(
        database=seen.rights.database, fingerprint=state, machines=tuple(machines.items()),
        steps=tuple(steps), notes=tuple(_notes(seen, spec)),
    )


def _demand_rights(seen: Survey) -> None:
    rights = seen.rights
    if rights.is_standby or rights.is_read_only:
        raise EnvironmentFault(
            "the server is a standby or read only: nothing can be installed here",
            remedy="Connect to the primary; `verify` works on a standby.",
        )
    if rights.revision and rights.revision != seen.head and not migrate.knows(rights.revision):
        raise EnvironmentFault(
            f"schema interlock is of revision {rights.revision!r}, which this version does not know",
            remedy="Upgrade pginterlock: the schema was made by a newer one.",
        )
    if not rights.schema_exists and not rights.can_create_schema:
        raise EnvironmentFault(
            f"role {rights.role} may not create a schema in database {rights.database}",
            remedy=f"As its owner: grant create on database ... to {rights.role};",
        )
    for it in seen.machines:
        if not it.table.is_ours and it.changes:
            raise EnvironmentFault(
                f"table {it.table.name} belongs to {it.table.owner}, and role {rights.role} is no"
                " member of it",
                remedy=f"Connect as {it.table.owner}: only an owner may add triggers and CHECKs.",
            )
    if rights.schema_exists and not rights.is_schema_owner and not rights.is_superuser:
        raise EnvironmentFault(
            f"role {rights.role} is no member of {rights.owner}, which owns schema interlock",
            remedy=f"As a superuser: grant {rights.owner} to {rights.role};",
        )


def _schema_steps(seen: Survey) -> list[Step]:
    rights, steps = seen.rights, []
    owner = seen.owner
    if owner and not rights.owner_exists and not rights.schema_exists:
        steps.append(Step(
            f"role {owner}", "owns schema interlock, so that no application can change it",
            ownership.role(owner, rights.role, is_superuser=rights.is_superuser),
        ))
    if not rights.schema_exists:
        steps.append(Step("schema interlock", "holds registry and history", ownership.schema(owner)))
    if rights.revision != seen.head:
        steps.append(Step(
            f"tables of schema interlock, revision {rights.revision or 'none'} to {seen.head}",
            "the registry, kept by Alembic in interlock.schema_version",
            ownership.as_role(owner, migrate.upgrade_sql(rights.revision)),
        ))
    for change in changes(seen.runtime_wanted, seen.runtime_found):
        if change.action is not Action.DROP:
            steps.append(Step(
                f"{change.action} function {change.object.name}", change.object.reason,
                ownership.as_role(owner, change.sql),
            ))
    return steps


def _machine_steps(seen: Survey) -> list[Step]:
    look, arm, validate = [], [], []
    for it in seen.machines:
        found = it.changes
        if not found:
            continue
        table = str(it.table.name)
        if it.machine.mode is Mode.ENFORCE and _judges_anew(found):
            look.append(Step(
                f"rows of {table} that break a rule", "must return no row: old sins are mended first",
                scan(it.writing).query, Part.LOOK,
            ))
        arm.append(Step(
            f"lock {table}", "writers wait from here to the commit; nobody else does",
            ownership.lock(it.table), lock=Lock.SHARE_ROW_EXCLUSIVE, table=table,
        ))
        for change in found:
            step = _machine_step(seen, it, change)
            (validate if step.part is Part.VALIDATE else arm).append(step)
        if it.machine.mode is Mode.ENFORCE and it.machine.checks is Checks.TRIGGER and look:
            validate.append(replace(look[-1], title=f"{look[-1].title}, now that it is guarded"))
    return [*look, *arm, *validate]


def _judges_anew(found: list[Change]) -> bool:
    kinds = (ObjectKind.FUNCTION, ObjectKind.CHECK, ObjectKind.TRIGGER)
    return any(change.object.kind in kinds for change in found)


def _machine_step(seen: Survey, it: MachineSurvey, change: Change) -> Step:
    thing, table = change.object, str(it.table.name)
    title = f"{change.action} {thing.kind} {thing.name}"
    match change.action, thing.kind:
        case Action.VALIDATE, _:
            return Step(
                title, "every row was judged", change.sql, Part.VALIDATE,
                Lock.SHARE_UPDATE_EXCLUSIVE, table,
            )
        case Action.DROP, ObjectKind.TRIGGER | ObjectKind.CHECK:
            return Step(
                title, "the spec no longer asks for it", change.sql,
                lock=Lock.ACCESS_EXCLUSIVE, table=table,
            )
        case Action.REPLACE, ObjectKind.TRIGGER:
            return Step(title, thing.reason, change.sql, lock=Lock.ACCESS_EXCLUSIVE, table=table)
        case _, ObjectKind.TABLE:
            return Step(title, thing.reason, ownership.as_role(seen.owner, change.sql))
        case Action.DROP, ObjectKind.FUNCTION:
            return Step(title, "nothing calls it any more", change.sql)
        case _, ObjectKind.FUNCTION if thing.name.startswith("interlock."):
            return Step(title, thing.reason, ownership.as_role(seen.owner, change.sql))
        case _, ObjectKind.FUNCTION if seen.owner and seen.rights.is_superuser:
            sql = change.sql + ownership.own_function(seen.owner, thing.signature)
            return Step(title, thing.reason, sql)
        case _:
            at = table if thing.lock is not Lock.NONE else ""
            return Step(title, thing.reason, change.sql, lock=thing.lock, table=at)


def _notes(seen: Survey, spec: Spec) -> list[str]:
    known = {machine.name for machine in spec.machines}
    notes = [
        f"machine {name} on {table} is installed, but not in this spec; it stays"
        for name, table in seen.registered if name not in known
    ]
    for machine in spec.machines:
        for part in machine.unenforced:
            notes.append(
                f"{machine.name}: {part.section} {part.name} ({part.code}) is read, but not yet held"
                " by the database"
            )
    if seen.rights.owner == seen.rights.role:
        notes.append(
            f"schema interlock belongs to {seen.rights.role}, who may also change its history; as a"
            " superuser: create role interlock_owner nologin;"
        )
    return notes


def _probe(connection: psycopg.Connection, spec: Spec, seen: Survey) -> None:
    """Ask the server itself whether it takes every expression, on throwaway copies."""
    problems: list[Problem] = []
    for it in seen.machines:
        if not it.changes:
            continue
        with database.trial(connection):
            database.run(connection, "set local search_path = pg_catalog, pg_temp")
            problems += catalog.probe(connection, it.machine, it.table)
    if problems:
        raise_problems(spec, problems)
