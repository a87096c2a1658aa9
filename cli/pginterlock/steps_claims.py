"""The steps of claims: who holds what twice, and indexes built beside what is in force."""

from pginterlock.changes import Action, Change
from pginterlock.compiler import removal, seeking
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.plan import Part, Step
from pginterlock.rules.claim import overlaps
from pginterlock.rules.claim_terms import index_name
from pginterlock.survey import MachineSurvey


def is_built(change: Change) -> bool:
    """Whether *change* is the index of a claim, which is built after the arming."""
    built = (Action.CREATE, Action.REPLACE)
    return change.object.kind is ObjectKind.INDEX and change.action in built


def overlap_steps(it: MachineSurvey, found: list[Change]) -> list[Step]:
    """Return a look at who holds what another holds, for each claim whose index is to be built."""
    built = {change.object.name for change in found if is_built(change)}
    table = it.table.name
    return [
        Step(
            f"rows of {table} that hold what another holds: claim {claim.name}",
            "must return no row: an index cannot be built over an overlap",
            overlaps(it.writing, claim),
            Part.LOOK,
        )
        for claim in it.machine.claims
        if f"{table} {index_name(it.machine.name, claim.name)}" in built
    ]


def index_steps(it: MachineSurvey, change: Change) -> list[Step]:
    """Return the steps that build an index beside what is in force, and put it in its place.

    One that refuses nothing is built first of all: the trigger that looks by it is armed then.
    """
    thing, table = change.object, str(it.table.name)
    is_seek = seeking.is_seek(thing)
    name = short(it, thing)
    titles = (f"clear the way of index {name}", f"build index {name}")
    reasons = ("an interrupted build leaves an index that holds nothing", thing.reason)
    steps = [
        Step(
            title,
            why,
            sql,
            Part.PREPARE if is_seek else Part.APART,
            Lock.SHARE_UPDATE_EXCLUSIVE,
            table,
        )
        for title, why, sql in zip(titles, reasons, thing.apart, strict=False)
    ]
    lock = Lock.ACCESS_EXCLUSIVE if change.action is Action.REPLACE else thing.lock
    title = f"{change.action} index {name}"
    at = "" if lock is Lock.NONE else table
    part = Part.PREPARE if is_seek else Part.CLAIM
    steps.append(Step(title, thing.reason, change.sql, part, lock, at))
    return [*steps, *_analyze(it, thing)] if is_seek else steps


def _analyze(it: MachineSurvey, thing: DbObject) -> list[Step]:
    """Return the step after which the server knows the ranges there are, and looks by index."""
    if not seeking.is_by_range(thing):
        return []
    lock, table = Lock.SHARE_UPDATE_EXCLUSIVE, str(it.table.name)
    sql = f"analyze {removal.qualified(it.table.name)};\n"
    why = f"the server is to know the ranges that {short(it, thing)} holds"
    return [Step(f"analyze {table}", why, sql, Part.PREPARE, lock, table)]


def short(it: MachineSurvey, thing: DbObject) -> str:
    """Return the name of *thing* without its table, and without the types it takes."""
    return thing.name.removeprefix(f"{it.table.name} ").partition("(")[0]
