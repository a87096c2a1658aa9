"""The steps from a surveyed database to its spec, in the order of doing, with reasons and locks."""

from dataclasses import dataclass, field, replace

import psycopg

from pginterlock import catalog, database, migrate
from pginterlock.compiler import ownership, scan
from pginterlock.errors import EnvironmentFault
from pginterlock.fingerprints import target
from pginterlock.model import Checks, Mode, Spec
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.plan import Action, Change, Part, Plan, Step, changes
from pginterlock.survey import MachineSurvey, Survey, lasting, raise_problems, standing, survey


def make_plan(connection: psycopg.Connection, spec: Spec) -> Plan:
    """Return the steps that bring the database to *spec*; nothing is changed.

    Raises SpecError where the spec does not fit the database, EnvironmentFault where the rights
    do not reach.
    """
    with database.faults():
        seen = survey(connection, spec)
        machines = {m.name: m.table for m in spec.machines}
        with database.snapshot(connection):
            now = standing(connection, machines)
        of_machines = _machine_steps(seen)
        before = [*of_machines.look, *_schema_steps(seen)]
        steps = [*before, *of_machines.arm, *of_machines.after]
        if steps:
            _demand_rights(seen)
            _probe(connection, spec, seen)
    return Plan(
        database=seen.rights.database,
        fingerprint=now.fingerprint,
        target=_target(seen),
        machines=tuple(machines.items()),
        steps=tuple(steps),
        notes=tuple(_notes(seen, spec)),
    )


def _target(seen: Survey) -> str:
    """Return what the database is known by once all is armed."""
    shapes = {it.machine.name: lasting(it.table) for it in seen.machines}
    wanted = [thing for it in seen.machines for thing in it.wanted]
    return target({**shapes, "revision": seen.head}, [*wanted, *seen.runtime_wanted])


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


@dataclass(slots=True)
class _Steps:
    """The steps of all machines, by when they run; *before* needs no lock on a user's table."""

    look: list[Step] = field(default_factory=list)
    before: list[Step] = field(default_factory=list)
    locks: list[Step] = field(default_factory=list)
    locked: list[Step] = field(default_factory=list)
    after: list[Step] = field(default_factory=list)

    @property
    def arm(self) -> list[Step]:
        """All that one transaction does."""
        return [*self.before, *self.locks, *self.locked]


def _machine_steps(seen: Survey) -> _Steps:
    steps = _Steps()
    for it in seen.machines:
        found = it.changes
        if not found:
            continue
        _look(steps, it, found)
        locked: list[Step] = []
        for change in found:
            step = _machine_step(seen, it, change)
            if change.action.is_after:
                steps.after.append(step)
                continue
            (steps.before if _needs_no_lock(change) else locked).append(step)
            if change.object.under_lock and change.action is not Action.DROP:
                locked.append(_version(change))
        if any(not change.action.is_after for change in found):
            steps.locks.append(_lock(it, locked))
            steps.locked += locked
    return steps


def _look(steps: _Steps, it: MachineSurvey, found: list[Change]) -> None:
    """Add the scans: before all, and where neither CHECK nor registry asks for it, once more."""
    if it.machine.mode is not Mode.ENFORCE or not _judges_anew(it, found):
        return
    table = str(it.table.name)
    rows = Step(
        f"rows of {table} that break a rule",
        "must return no row: old sins are mended first",
        scan(it.writing).query,
        Part.LOOK,
    )
    steps.look.append(rows)
    is_judged = any(change.action is Action.JUDGE for change in found)
    if it.machine.checks is Checks.TRIGGER and not is_judged:
        again = f"{rows.title}, now that it is guarded"
        steps.after.append(replace(rows, title=again, part=Part.VALIDATE))


def _judges_anew(it: MachineSurvey, found: list[Change]) -> bool:
    """Whether what holds the row rules changes, or the rules do."""
    kinds = [ObjectKind.CHECK]
    if it.writing.rows_in_trigger:
        kinds += [ObjectKind.FUNCTION, ObjectKind.TRIGGER]
    return any(
        change.object.kind in kinds
        or change.action is Action.JUDGE
        or (
            change.object.kind is ObjectKind.FUNCTION
            and not change.object.name.startswith("interlock.")
        )
        for change in found
    )


def _needs_no_lock(change: Change) -> bool:
    """Whether nobody sees or waits for it before the commit: so it is done before the lock.

    A function that is replaced takes effect at the commit, and then writers are locked out; the
    registry is not read by what judges writes.
    """
    if change.object.kind in (ObjectKind.FUNCTION, ObjectKind.REGISTRY):
        return change.action is not Action.DROP
    return change.object.kind is ObjectKind.TABLE and change.action is Action.CREATE


def _version(change: Change) -> Step:
    return Step(
        f"{change.action} version of {change.object.name}",
        "an entry is judged by the rules in force when it was written",
        change.object.under_lock,
    )


def _lock(it: MachineSurvey, locked: list[Step]) -> Step:
    """Return the step that asks for the strongest lock at once.

    Whoever asks for more later waits for those who wait for him.
    """
    table = str(it.table.name)
    strong = [s for s in locked if s.lock is Lock.ACCESS_EXCLUSIVE and s.table == table]
    lock = Lock.ACCESS_EXCLUSIVE if strong else Lock.SHARE_ROW_EXCLUSIVE
    why = "writers wait from here to the commit; nobody else does"
    if strong:
        why = f"readers wait too from here to the commit, for step {strong[0].title!r}"
    return Step(f"lock {table}", why, ownership.lock(it.table, lock), lock=lock, table=table)


def _machine_step(seen: Survey, it: MachineSurvey, change: Change) -> Step:
    thing, table = change.object, str(it.table.name)
    if thing.kind is ObjectKind.TRIGGER:  # perhaps on a partition
        table = thing.name.rpartition(" ")[0]
    sql, why, lock = change.sql, thing.reason, _expected(change)
    if change.action in _REASONS:
        why = _REASONS[change.action]
    elif thing.kind is ObjectKind.TABLE:
        sql, table = ownership.as_role(seen.owner, sql), thing.name
    elif thing.name.startswith("interlock."):
        sql = ownership.as_role(seen.owner, sql)
    elif thing.kind is ObjectKind.FUNCTION and seen.owner and seen.rights.is_superuser:
        sql += ownership.own_function(seen.owner, thing.signature)
    part = Part.VALIDATE if change.action.is_after else Part.ARM
    title = f"{change.action} {thing.kind} {_short(it, thing)}"
    if change.action in _TITLES:
        title = _TITLES[change.action].format(table)
    return Step(title, why, sql, part, lock, "" if lock is Lock.NONE else table)


_REASONS = {
    Action.VALIDATE: "every row was judged",
    Action.JUDGE: "the rules are new, and rows were there before them",
    Action.COUNT: "they have no birth in the history, and none may come or go unseen",
    Action.DROP: "the spec no longer asks for it",
}
_TITLES = {Action.JUDGE: "judge the rows of {}", Action.COUNT: "count the rows of {}"}


def _expected(change: Change) -> Lock:
    """Return the lock that *change* takes (evidence.md, section 8)."""
    kind = change.object.kind
    if kind is ObjectKind.CHECK:
        if change.action in (Action.VALIDATE, Action.MEND):
            return Lock.SHARE_UPDATE_EXCLUSIVE
        return Lock.ACCESS_EXCLUSIVE
    if kind is ObjectKind.TRIGGER:
        is_dropped = change.sql.startswith("drop ")
        return Lock.ACCESS_EXCLUSIVE if is_dropped else Lock.SHARE_ROW_EXCLUSIVE
    if kind is ObjectKind.TABLE and change.action is not Action.CREATE:
        return Lock.ACCESS_EXCLUSIVE
    return Lock.NONE


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
