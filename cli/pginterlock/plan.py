"""Work out what must change for a database to match its spec, and write it as reviewable SQL.

Pure: no connection, no clock, no files.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pginterlock.errors import UnsafeError, UsageError
from pginterlock.model import TableName
from pginterlock.objects import DbObject, Lock, ObjectKind

FORMAT = "interlock plan 1"


class Action(StrEnum):
    """What happens to one object."""

    CREATE = "create"
    REPLACE = "replace"
    MEND = "mend"
    VALIDATE = "validate"
    DROP = "drop"


class Part(StrEnum):
    """When a step runs: *look* before all, *arm* in one transaction, *validate* each in its own."""

    LOOK = "look"
    ARM = "arm"
    VALIDATE = "validate"


@dataclass(frozen=True, slots=True)
class Change:
    """One object that is not as it should be."""

    action: Action
    object: DbObject
    sql: str


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of SQL, why it is there, and the lock it takes on the user's table."""

    title: str
    why: str
    sql: str
    part: Part = Part.ARM
    lock: Lock = Lock.NONE
    table: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps from a database, known by its *fingerprint*, to its spec."""

    database: str
    fingerprint: str
    machines: tuple[tuple[str, TableName], ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the database is as the spec says."""
        return not self.steps


# Drops before everything (a name may be taken), functions last: until then something calls them.
_ORDER = (
    ObjectKind.TABLE,
    ObjectKind.FUNCTION,
    ObjectKind.TRIGGER,
    ObjectKind.REGISTRY,
    ObjectKind.GRANT,
    ObjectKind.CHECK,
)


def changes(wanted: Sequence[DbObject], found: Iterable[DbObject]) -> list[Change]:
    """Return what must be done for *found* to become *wanted*, in the order of doing.

    A table of ours is never dropped by a plan: it holds what happened.
    """
    there = {it.id: it for it in found}
    ids = {it.id for it in wanted}
    surplus = [it for it in there.values() if it.id not in ids and it.kind is not ObjectKind.TABLE]
    held = (ObjectKind.TRIGGER, ObjectKind.CHECK, ObjectKind.GRANT)
    first = [_drop(it) for it in surplus if it.kind in held]
    last = [_drop(it) for it in surplus if it.kind is ObjectKind.FUNCTION]
    middle: list[Change] = []
    for it in sorted(wanted, key=lambda it: _ORDER.index(it.kind)):
        middle += _one(it, there.get(it.id))
    return first + middle + last


def _drop(it: DbObject) -> Change:
    return Change(Action.DROP, it, it.drop)


def _one(wanted: DbObject, found: DbObject | None) -> list[Change]:
    mends = dict(wanted.mends)
    validate = [Change(Action.VALIDATE, wanted, mends["validated"])] if "validated" in mends else []
    if found is None:
        return [Change(Action.CREATE, wanted, wanted.create), *validate]
    has, asked = dict(found.facts), dict(wanted.facts)
    differing = {name for name in has.keys() | asked.keys() if has.get(name) != asked.get(name)}
    if wanted.kind is ObjectKind.TABLE:
        # A history keeps columns that the spec no longer asks for.
        differing = {name for name in asked if has.get(name) != asked[name]}
    if not differing:
        return []
    if differing == {"validated"}:
        return validate
    if differing <= mends.keys():
        return [Change(Action.MEND, wanted, "".join(mends[name] for name in sorted(differing)))]
    return [Change(Action.REPLACE, wanted, wanted.replace), *validate]


def fingerprint(facts: Mapping[str, str], objects: Iterable[DbObject]) -> str:
    """Return the SHA-256 of what was found: a plan is for that state of a database alone."""
    told = sorted(json.dumps([it.kind, it.name, dict(it.facts)], sort_keys=True) for it in objects)
    text = json.dumps([dict(facts), told], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write(plan: Plan) -> str:
    """Return *plan* as SQL that a person can review and run by hand with psql."""
    body = _body(plan)
    checksum = hashlib.sha256(body.encode()).hexdigest()
    machines = json.dumps(
        {name: [table.schema, table.name] for name, table in plan.machines}, ensure_ascii=False
    )
    head = [
        f"-- {FORMAT}",
        f"-- database: {json.dumps(plan.database, ensure_ascii=False)}",
        f"-- machines: {machines}",
        f"-- fingerprint: {plan.fingerprint}",
        f"-- checksum: {checksum}",
        "-- Review, then: interlock apply FILE (or psql -X -v ON_ERROR_STOP=1 -f FILE).",
        *[f"-- Note: {note}" for note in plan.notes],
        "",
    ]
    return "\n".join(head) + body


def _body(plan: Plan) -> str:
    if plan.is_empty:
        return "\n-- Nothing to do: the database is as the spec says.\n"
    written = []
    inside = False
    for number, step in enumerate(plan.steps, start=1):
        if (step.part is Part.ARM) != inside:
            inside = not inside
            written.append(_BEGIN if inside else _COMMIT)
        written.append(_step(number, step))
    if inside:
        written.append(_COMMIT)
    return "\n".join(written)


_BEGIN = "\nbegin;\nset local lock_timeout = '100ms';\n"
_COMMIT = "\ncommit;\n"
_MARK = "\n-- step "


def _step(number: int, step: Step) -> str:
    lock = f"{step.lock} on {step.table}" if step.lock is not Lock.NONE else "none"
    return (
        f"{_MARK}{number} ({step.part}): {step.title}\n-- why:  {step.why}\n-- lock: {lock}\n"
        f"{step.sql.rstrip()}\n"
    )


def read(text: str, name: str) -> Plan:
    """Return the plan that `write` wrote; raise UnsafeError when it was edited since."""
    lines = text.split("\n")
    head: dict[str, str] = {}
    for line in lines[1:]:
        if not line.startswith("-- "):
            break
        key, _, value = line[3:].partition(": ")
        head.setdefault(key, value)
    wanted = ("database", "machines", "fingerprint", "checksum")
    if lines[0] != f"-- {FORMAT}" or any(key not in head for key in wanted):
        raise UsageError(
            f"{name} is not a plan of this version of interlock",
            remedy=f"Write one with: interlock plan --out {name}",
        )
    body = text[text.find("\n\n") + 1 :] if "\n\n" in text else ""
    if hashlib.sha256(body.encode()).hexdigest() != head["checksum"]:
        raise UnsafeError(
            f"{name} was edited after it was written; nothing was changed",
            remedy=f"Change the spec instead, and write a new plan: interlock plan --out {name}",
        )
    machines = json.loads(head["machines"])
    return Plan(
        database=json.loads(head["database"]),
        fingerprint=head["fingerprint"],
        machines=tuple((m, TableName(*where)) for m, where in machines.items()),
        steps=tuple(_read_step(piece) for piece in body.split(_MARK)[1:]),
    )


def _read_step(piece: str) -> Step:
    head, why, lock, sql = piece.split("\n", 3)
    label, _, title = head.partition(": ")
    part = Part(label[label.find("(") + 1 : label.rfind(")")])
    name, _, table = lock.removeprefix("-- lock: ").partition(" on ")
    for mark in (_BEGIN, _COMMIT):
        sql = sql.rstrip().removesuffix(mark.strip())
    sql = sql.rstrip() + "\n"
    return Step(title, why.removeprefix("-- why:  "), sql, part, Lock(name), table)
