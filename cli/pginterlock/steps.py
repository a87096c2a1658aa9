"""The steps from a surveyed database to its spec, in the order of doing, with reasons and locks."""

from dataclasses import replace

import psycopg

from pginterlock import catalog, database, migrate
from pginterlock.compiler import ownership, scan
from pginterlock.errors import EnvironmentFault
from pginterlock.model import Checks, Mode, Spec
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.plan import Action, Change, Part, Plan, Step, changes
from pginterlock.survey import MachineSurvey, Survey, raise_problems, state_of, survey


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
        look, arm, validate = _machine_steps(seen)
        steps = [*look, *_schema_steps(seen), *arm, *validate]
        if steps:
            _demand_rights(seen)
            _probe(connection, spec, seen)
    return Plan(
        database=seen.rights.database,
        fingerprint=state,
        machines=tuple(machines.items()),
        steps=tuple(steps),
        notes=tuple(_notes(seen, spec)),
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
            f"schema interlock is of revision {rights.revision!r}, unknown to this version",
            remedy="Upgrade pginterlock: the schema was made by a newer one.",
        )
    for it in seen.machines:
        if not it.table.is_ours and it.changes:
            raise EnvironmentFault(
                f"table {it.table.name} belongs to {it.table.owner}, and role {rights.role} is no"
                " member of it",
                remedy=f"Connect as {it.table.owner}: only an owner may add triggers and CHECKs.",
            )
    if not rights.schema_exists and not rights.can_create_schema:
        raise EnvironmentFault(
            f"role {rights.role} may not create a schema in database {rights.database}",
            remedy=f"As its owner: grant create on database ... to {rights.role};",
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
        steps.append(
            Step(
                f"role {owner}",
                "owns schema interlock, so that no application can change it",
                ownership.role(owner, rights.role, is_superuser=rights.is_superuser),
            )
        )
    if not rights.schema_exists:
        steps.append(
            Step("schema interlock", "holds registry and history", ownership.schema(owner))
        )
    if rights.revision != seen.head:
        steps.append(
            Step(
                f"tables of schema interlock, revision {rights.revision or 'none'} to {seen.head}",
                "the registry, kept by Alembic in interlock.schema_version",
                ownership.as_role(owner, migrate.upgrade_sql(rights.revision)),
            )
        )
    return steps + [
        Step(
            f"{change.action} function {change.object.name}",
            change.object.reason,
            ownership.as_role(owner, change.sql),
        )
        for change in changes(seen.runtime_wanted, seen.runtime_found)
    ]


def _machine_steps(seen: Survey) -> tuple[list[Step], list[Step], list[Step]]:
    look: list[Step] = []
    arm: list[Step] = []
    validate: list[Step] = []
    for it in seen.machines:
        found = it.changes
        if not found:
            continue
        table = str(it.table.name)
        if it.machine.mode is Mode.ENFORCE and _judges_anew(found):
            rows = Step(
                f"rows of {table} that break a rule",
                "must return no row: old sins are mended first",
                scan(it.writing).query,
                Part.LOOK,
            )
            look.append(rows)
            if it.machine.checks is Checks.TRIGGER:
                again = f"{rows.title}, now that it is guarded"
                validate.append(replace(rows, title=again, part=Part.VALIDATE))
        if any(change.action is not Action.VALIDATE for change in found):
            arm.append(
                Step(
                    f"lock {table}",
                    "writers wait from here to the commit; nobody else does",
                    ownership.lock(it.table),
                    lock=Lock.SHARE_ROW_EXCLUSIVE,
                    table=table,
                )
            )
        for change in found:
            step = _machine_step(seen, it, change)
            (validate if step.part is Part.VALIDATE else arm).append(step)
    return look, arm, validate


def _judges_anew(found: list[Change]) -> bool:
    kinds = (ObjectKind.FUNCTION, ObjectKind.CHECK, ObjectKind.TRIGGER)
    return any(change.object.kind in kinds for change in found)


def _machine_step(seen: Survey, it: MachineSurvey, change: Change) -> Step:
    thing, table = change.object, str(it.table.name)
    sql, part, why = change.sql, Part.ARM, thing.reason
    lock = thing.lock
    if change.action is Action.VALIDATE:
        part, lock, why = Part.VALIDATE, Lock.SHARE_UPDATE_EXCLUSIVE, "every row was judged"
    elif change.action is Action.DROP:
        why = "the spec no longer asks for it"
        if thing.kind in (ObjectKind.TRIGGER, ObjectKind.CHECK):
            lock = Lock.ACCESS_EXCLUSIVE
    elif change.action is Action.REPLACE and thing.kind is ObjectKind.TRIGGER:
        lock = Lock.ACCESS_EXCLUSIVE
    elif thing.kind is ObjectKind.TABLE or thing.name.startswith("interlock."):
        sql = ownership.as_role(seen.owner, sql)
    elif seen.owner and _becomes_ours(seen, thing):
        sql += ownership.own_function(seen.owner, thing.signature)
    title = f"{change.action} {thing.kind} {_short(it, thing)}"
    return Step(title, why, sql, part, lock, "" if lock is Lock.NONE else table)


def _becomes_ours(seen: Survey, thing: DbObject) -> bool:
    """Whether *thing* is made by a superuser, and is not to run with his rights."""
    is_lent = "owner" in dict(thing.facts)
    return thing.kind is ObjectKind.FUNCTION and seen.rights.is_superuser and not is_lent


def _short(it: MachineSurvey, thing: DbObject) -> str:
    """Return the name of *thing* without its table, and without the types it takes."""
    return thing.name.removeprefix(f"{it.table.name} ").partition("(")[0]


def _notes(seen: Survey, spec: Spec) -> list[str]:
    known = {machine.name for machine in spec.machines}
    notes = [
        f"machine {name} on {table} is installed, but not in this spec; it stays"
        for name, table in seen.registered
        if name not in known
    ]
    notes += [
        f"{machine.name}: {part.section} {part.name} ({part.code}) is read, but not yet held by"
        " the database"
        for machine in spec.machines
        for part in machine.unenforced
    ]
    if seen.rights.owner == seen.rights.role:
        notes.append(
            f"schema interlock belongs to {seen.rights.role}, who may also change its history; as a"
            " superuser: create role interlock_owner nologin;"
        )
    return notes


def _probe(connection: psycopg.Connection, spec: Spec, seen: Survey) -> None:
    """Ask the server itself whether it takes every expression, on throwaway copies."""
    problems = []
    for it in seen.machines:
        if not it.changes:
            continue
        with database.trial(connection):
            database.run(connection, "set local search_path = pg_catalog, pg_temp")
            problems += catalog.probe(connection, it.machine, it.table)
    if problems:
        raise_problems(spec, problems)
