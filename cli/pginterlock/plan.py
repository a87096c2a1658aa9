"""Work out what must change for a database to match its spec, and write it as reviewable SQL.

Pure: no connection, no clock, no files.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from pginterlock.difference import Difference
from pginterlock.errors import UnsafeError, UsageError
from pginterlock.model import TableName
from pginterlock.objects import DbObject, Lock, ObjectKind

FORMAT = "interlock plan 2"
EXPECTED = "expected, not measured"


class Action(StrEnum):
    """What happens to one object."""

    CREATE = "create"
    REPLACE = "replace"
    MEND = "mend"
    VALIDATE = "validate"
    JUDGE = "judge"
    COUNT = "count"
    DROP = "drop"

    @property
    def is_after(self) -> bool:
        """Whether it is done after the machine was armed, when nobody waits for it."""
        return self in AFTER.values()


class Part(StrEnum):
    """When a step runs.

    *look* before all, *prepare* outside of any transaction, *arm* in one, *apart* outside of any,
    *claim* and *validate* each in one of its own; *move* comes last: rows in batches, each a
    transaction of its own.
    """

    LOOK = "look"
    PREPARE = "prepare"
    ARM = "arm"
    APART = "apart"
    CLAIM = "claim"
    VALIDATE = "validate"
    MOVE = "move"


# What is done once a machine is armed, by the fact that it makes true; in this order.
AFTER = {"validated": Action.VALIDATE, "judged": Action.JUDGE, "adopted": Action.COUNT}


@dataclass(frozen=True, slots=True)
class Change:
    """One object that is not as it should be."""

    action: Action
    object: DbObject
    sql: str


@dataclass(frozen=True, slots=True)
class Held:
    """A lock on a table."""

    lock: Lock
    table: str

    def __str__(self) -> str:
        """Return it as plans write it."""
        return f"{self.lock} on {self.table}"


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of SQL, why it is there, and the locks it takes.

    *lock* on *table* is what is expected, *measured* what it took on a copy (`measuring`).
    """

    title: str
    why: str
    sql: str
    part: Part = Part.ARM
    lock: Lock = Lock.NONE
    table: str = ""
    measured: tuple[Held, ...] | None = None

    @property
    def locks(self) -> tuple[Held, ...]:
        """The locks as they are known best."""
        if self.measured is not None:
            return self.measured
        return () if self.lock is Lock.NONE else (Held(self.lock, self.table),)

    @property
    def is_lock(self) -> bool:
        """Whether it does nothing but lock a table."""
        return self.sql.startswith("lock table ")

    @property
    def is_scan(self) -> bool:
        """Whether it is a query that returns what is broken."""
        lines = self.sql.split("\n")
        return next((it for it in lines if it and not it.startswith("--")), "").startswith("with ")


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps from a database, known by its *fingerprint*, to its spec, known by its *target*.

    *locks* says how the locks of the steps are known; *targets* are the other tables that the
    machines speak of, where the plan was just made.
    """

    database: str
    fingerprint: str
    machines: tuple[tuple[str, TableName], ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    target: str = ""
    locks: str = EXPECTED
    targets: tuple[TableName, ...] = ()

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
    ObjectKind.INDEX,
)
# What refuses writes of its own accord goes first.
_REFUSING = (ObjectKind.TRIGGER, ObjectKind.CHECK, ObjectKind.INDEX, ObjectKind.GRANT)


def changes(wanted: Sequence[DbObject], found: Iterable[DbObject]) -> list[Change]:
    """Return what must be done for *found* to become *wanted*, in the order of doing.

    A table of ours is never dropped by a plan: it holds what happened.
    """
    there = {it.id: it for it in found}
    ids = {it.id for it in wanted}
    surplus = [it for it in there.values() if it.id not in ids and it.kind is not ObjectKind.TABLE]
    first = [_drop(it) for it in surplus if it.kind in _REFUSING]
    last = [_drop(it) for it in surplus if it.kind in (ObjectKind.FUNCTION, ObjectKind.REGISTRY)]
    middle: list[Change] = []
    for it in sorted(wanted, key=lambda it: _ORDER.index(it.kind)):
        middle += _one(it, there.get(it.id))
    now = [it for it in middle if not it.action.is_after]
    after = [it for action in AFTER.values() for it in middle if it.action is action]
    return first + now + last + after


def _drop(it: DbObject) -> Change:
    return Change(Action.DROP, it, it.drop)


def _one(wanted: DbObject, found: DbObject | None) -> list[Change]:
    mends = dict(wanted.mends)
    after = [name for name in AFTER if name in mends]
    if found is None:
        return [Change(Action.CREATE, wanted, wanted.create), *_after(wanted, after)]
    differing = _differing(wanted, found)
    if not differing:
        return []
    left = [name for name in after if name in differing]
    if differing <= mends.keys():
        now = "".join(mends[name] for name in sorted(differing - AFTER.keys()))
        mend = [Change(Action.MEND, wanted, now)] if now else []
        return [*mend, *_after(wanted, left)]
    # A CHECK is put back not validated, whatever it was before.
    left = [name for name in after if name in differing or name == "validated"]
    # A constraint trigger cannot be replaced, nor be put in the place of another.
    is_other = "constraint" in differing
    sql = wanted.drop + wanted.create if is_other else wanted.replace
    return [Change(Action.REPLACE, wanted, sql), *_after(wanted, left)]


def _differing(wanted: DbObject, found: DbObject) -> set[str]:
    has, asked = dict(found.facts), dict(wanted.facts)
    if wanted.kind is ObjectKind.TABLE:
        # A history keeps columns that the spec no longer asks for.
        return {name for name in asked if has.get(name) != asked[name]}
    return {name for name in has.keys() | asked.keys() if has.get(name) != asked.get(name)}


def _after(wanted: DbObject, names: Iterable[str]) -> list[Change]:
    return [Change(AFTER[name], wanted, dict(wanted.mends)[name]) for name in names]


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
        f"-- target: {plan.target}",
        f"-- locks: {plan.locks}",
        f"-- checksum: {checksum}",
        "-- Review, then: interlock apply FILE (or psql -X -v ON_ERROR_STOP=1 -f FILE).",
        *[f"-- Note: {_one_line(note)}" for note in plan.notes],
        *[f"-- Change: {_one_line(it.text)}" for it in plan.differences],
        "",
    ]
    return "\n".join(head) + body


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _body(plan: Plan) -> str:
    if plan.is_empty:
        return "\n-- Nothing to do: the database is as the spec says.\n"
    written = []
    numbered = enumerate(plan.steps, start=1)
    for (is_one, _), steps in groupby(numbered, key=lambda it: _transaction(*it)):
        written += [_BEGIN] if is_one else []
        written += [_step(number, step) for number, step in steps]
        written += [_COMMIT] if is_one else []
    return "\n".join(written)


def _transaction(number: int, step: Step) -> tuple[bool, int]:
    """Return whether *step* is written inside a transaction, and what tells it from others."""
    return step.part in (Part.ARM, Part.CLAIM), number if step.part is Part.CLAIM else 0


_BEGIN = "\nbegin;\nset local lock_timeout = '2s';\n"
_COMMIT = "\ncommit;\n"
_MARK = "\n-- step "


def _step(number: int, step: Step) -> str:
    lock = "; ".join(map(str, step.locks)) or "none"
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
    wanted = ("database", "machines", "fingerprint", "target", "locks", "checksum")
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
        target=head["target"],
        machines=tuple((m, TableName(*where)) for m, where in machines.items()),
        locks=head["locks"],
        steps=tuple(
            _read_step(piece, is_measured=not head["locks"].startswith(EXPECTED))
            for piece in body.split(_MARK)[1:]
        ),
    )


def _read_step(piece: str, *, is_measured: bool) -> Step:
    head, why, lock, sql = piece.split("\n", 3)
    label, _, title = head.partition(": ")
    part = Part(label[label.find("(") + 1 : label.rfind(")")])
    told = lock.removeprefix("-- lock: ")
    pairs = [] if told == "none" else [it.partition(" on ") for it in told.split("; ")]
    held = tuple(Held(Lock(name), table) for name, _, table in pairs)
    for mark in (_BEGIN, _COMMIT):
        sql = sql.rstrip().removesuffix(mark.strip())
    sql = sql.rstrip() + "\n"
    first = held[0] if held else Held(Lock.NONE, "")
    why = why.removeprefix("-- why:  ")
    known = held if is_measured else None
    return Step(title, why, sql, part, first.lock, first.table, known)
