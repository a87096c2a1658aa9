"""The steps that bring the machines of a survey to their spec: what is locked when, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from pginterlock.changes import Action, Change
from pginterlock.choices import Checks
from pginterlock.compiler import ownership, scan
from pginterlock.elements import TableName
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.plan import Part, Step
from pginterlock.rules import enforced_predicates
from pginterlock.steps_claims import index_steps, is_built, overlap_steps, short
from pginterlock.steps_mirrors import disagreement_steps
from pginterlock.steps_tripwire import Around, around_claim
from pginterlock.survey import MachineSurvey, Survey
from pginterlock.versions import Watch


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
