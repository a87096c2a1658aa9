"""The steps from a surveyed database to its spec, in the order of doing, with reasons and locks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import psycopg

from pginterlock import catalog, database, indexes, memberships, repair_probe, versions
from pginterlock.changes import Action, Change
from pginterlock.choices import Checks
from pginterlock.compiler import ownership, scan
from pginterlock.elements import TableName
from pginterlock.fingerprints import target
from pginterlock.model import Spec
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.plan import Part, Plan, Step
from pginterlock.rules import enforced_predicates
from pginterlock.steps_claims import index_steps, is_built, overlap_steps, short
from pginterlock.steps_mirrors import disagreement_steps
from pginterlock.steps_schema import demand_rights, extension_steps, schema_steps
from pginterlock.steps_tripwire import Around, around, around_claim, around_script
from pginterlock.survey import MachineSurvey, Survey, lasting, raise_problems, standing, survey
from pginterlock.versions import Watch


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


@dataclass(slots=True)
class MachineSteps:
    """The steps of all machines, by when they run; *before* needs no lock on a user's table."""

    look: list[Step] = field(default_factory=list)
    prepare: list[Step] = field(default_factory=list)
    before: list[Step] = field(default_factory=list)
    locks: list[Step] = field(default_factory=list)
    locked: list[Step] = field(default_factory=list)
    claims: list[Step] = field(default_factory=list)
    validate: list[Step] = field(default_factory=list)

    @property
    def arm(self) -> list[Step]:
        """All that one transaction does."""
        return [*self.before, *self.locks, *self.locked]

    @property
    def after(self) -> list[Step]:
        """What comes once the machines are armed: claims, then validation."""
        return [*self.claims, *self.validate]


def machine_steps(seen: Survey, watches: Mapping[str, Watch], wire: Around) -> MachineSteps:
    """Return the steps of the machines of *seen*; *watches* hold states that go to be empty.

    Where *wire* watches, what puts an index in its place passes it.
    """
    steps = MachineSteps()
    for it in seen.machines:
        found = it.changes
        if not found:
            continue
        _look(steps, it, found)
        steps.look += overlap_steps(it, found)
        steps.look += disagreement_steps(it, found, Part.LOOK)
        steps.validate += disagreement_steps(it, found, Part.VALIDATE)
        watch = watches.get(it.machine.name, Watch())
        steps.before += watch.before
        locked: list[Step] = [*watch.locked]
        for change in found:
            if is_built(change):
                built = index_steps(it, change)
                if wire.after:
                    how = partial(around_claim, seen, it, is_asking=wire.is_asking)
                    built = [how(step) for step in built]
                (steps.prepare if built[0].part is Part.PREPARE else steps.claims).extend(built)
                continue
            step = _machine_step(seen, it, change)
            if change.action.is_after:
                steps.validate.append(step)
                continue
            (steps.before if _needs_no_lock(change) else locked).append(step)
            if change.object.under_lock and change.action is not Action.DROP:
                locked.append(_version(change))
        if any(_is_armed(change) for change in found):
            steps.locks += _locks(it, locked, found)
            steps.locked += locked
    return steps


def _is_armed(change: Change) -> bool:
    return not change.action.is_after and not is_built(change)


def _look(steps: MachineSteps, it: MachineSurvey, found: list[Change]) -> None:
    """Add the scans: before all, and where neither CHECK nor registry asks for it, once more."""
    enforced = enforced_predicates(it.writing)
    if not enforced or not _judges_anew(it, found):
        return
    table = str(it.table.name)
    rows = Step(
        f"rows of {table} that break a rule",
        "must return no row: old sins are mended first",
        scan(it.writing, enforced).query,
        Part.LOOK,
    )
    steps.look.append(rows)
    is_judged = any(change.action is Action.JUDGE for change in found)
    if it.machine.checks is Checks.TRIGGER and not is_judged:
        again = f"{rows.title}, now that it is guarded"
        steps.validate.append(replace(rows, title=again, part=Part.VALIDATE))


def _judges_anew(it: MachineSurvey, found: list[Change]) -> bool:
    """Whether what holds the row rules changes, or the rules do."""
    kinds = [ObjectKind.CHECK]
    if it.machine.checks is Checks.TRIGGER:
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


def _locks(it: MachineSurvey, locked: list[Step], found: list[Change]) -> list[Step]:
    """Return the steps that lock the machine's table, and after it those of its mirrors.

    In this order, for it is that of who moves a row.
    """
    triggers = [c.object.name for c in found if c.object.kind is ObjectKind.TRIGGER]
    placed = {name.rpartition(" ")[0] for name in triggers}
    others = [it.name for it in it.table.targets if str(it.name) in placed]
    known = {str(it.table.name), *map(str, others)} | {str(p) for p in it.table.partitions}
    gone = [TableName(*name.split(".", 1)) for name in sorted(placed - known)]
    return [_lock(name, locked) for name in (it.table.name, *others, *gone)]


def _lock(name: TableName, locked: list[Step]) -> Step:
    """Return the step that asks for the strongest lock at once.

    Whoever asks for more later waits for those who wait for him.
    """
    table = str(name)
    strong = [s for s in locked if s.lock is Lock.ACCESS_EXCLUSIVE and s.table == table]
    lock = Lock.ACCESS_EXCLUSIVE if strong else Lock.SHARE_ROW_EXCLUSIVE
    why = "writers wait from here to the commit; nobody else does"
    if strong:
        why = f"readers wait too from here to the commit, for step {strong[0].title!r}"
    return Step(f"lock {table}", why, ownership.lock(name, lock), lock=lock, table=table)


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
    elif seen.owner and _becomes_ours(seen, thing):
        sql += ownership.own_function(seen.owner, thing.signature)
    part = Part.VALIDATE if change.action.is_after else Part.ARM
    title = f"{change.action} {thing.kind} {short(it, thing)}"
    if change.action in _TITLES:
        title = _TITLES[change.action].format(table)
    return Step(title, why, sql, part, lock, "" if lock is Lock.NONE else table)


def _becomes_ours(seen: Survey, thing: DbObject) -> bool:
    """Whether *thing* is made by a superuser, and is not to run with his rights."""
    is_lent = "owner" in dict(thing.facts)
    return thing.kind is ObjectKind.FUNCTION and seen.rights.is_superuser and not is_lent


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
    if kind is ObjectKind.INDEX:  # it gets another comment, or is dropped
        is_mended = change.action is Action.MEND
        return Lock.SHARE_UPDATE_EXCLUSIVE if is_mended else Lock.ACCESS_EXCLUSIVE
    if kind is ObjectKind.TRIGGER:
        is_dropped = change.sql.startswith("drop ")
        return Lock.ACCESS_EXCLUSIVE if is_dropped else Lock.SHARE_ROW_EXCLUSIVE
    if kind is ObjectKind.TABLE and change.action is not Action.CREATE:
        return Lock.ACCESS_EXCLUSIVE
    return Lock.NONE


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
