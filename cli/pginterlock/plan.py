"""A plan: the steps from a database to its spec, written as reviewable SQL and read again.

Pure: no connection, no clock, no files.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from pginterlock.difference import Difference
from pginterlock.elements import TableName
from pginterlock.errors import UnsafeError, UsageError
from pginterlock.objects import Lock

FORMAT = "interlock plan 2"
EXPECTED = "expected, not measured"


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
