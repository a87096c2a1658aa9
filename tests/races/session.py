"""One session: rolls transactions, runs them against the server, and has each statement judged."""

import json
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from psycopg import errors
from tests.races import approving
from tests.races.attempt import Attempt, Refusal
from tests.races.dice import LEVELS, Dice, approve
from tests.races.inn import INITIAL, JUDGE, MEMBERS
from tests.races.judging import judge
from tests.races.model import Model, Row, Who
from tests.races.operations import Approve, Fire, Operation, wanted_state
from tests.races.rooms import room_key
from tests.races.told import Approved, Disagreement, Event, Notice, Told, Written

import pginterlock

LOGINS = ("inn_app", "inn_night", "inn_day", "inn_late")
ROLES = {it: tuple(role for role in MEMBERS[it] if role != JUDGE) for it in LOGINS}
_JUDGES = 0.04  # how many transactions are of one who may approve, and not write
_RETRIES = 100
_PAUSE_S = 0.001  # before another try, at most, and once more for each that failed
_THOUGHT_S = 0.01
_AGAIN = {"40001": "serialization, retried", "40P01": "deadlock, retried"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A transaction before it is run; without a level it is one statement of its own."""

    operations: Sequence[Operation]
    guarded: Sequence[bool]  # behind a savepoint
    undone: Sequence[bool]  # back to the savepoint, whatever came of it
    pauses: Sequence[float]  # seconds of thought after a statement, while its locks are held
    who: Who
    level: str | None
    ends: str


class _Again(Exception):
    """The server says: try the whole transaction again."""


def _all_told(error: psycopg.Error) -> str:
    told = error.diag
    return " / ".join(filter(None, (told.message_primary, told.message_detail, told.context)))


@dataclass(slots=True)
class _Running:
    """A transaction under way."""

    plan: Plan
    begun: int
    own: dict[int, Row | None] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    approvals: list[Approved] = field(default_factory=list)


class Session:
    """A client, its dice, and what it has to tell."""

    def __init__(self, dsn: str, number: int, seed: str, model: Model, rolls: str = "all") -> None:
        self._model = model
        self._dice = random.Random(seed)
        self._pauses = random.Random(f"{seed} pauses")
        self._login = LOGINS[number % len(LOGINS)]
        self._rolled = Dice(self._dice, rolls=rolls)
        self._notices: list[Notice] = []
        self._session = psycopg.connect(
            dsn, user=self._login, autocommit=True, options="-c statement_timeout=30s"
        )
        self._session.add_notice_handler(self._hear)
        self.told = Told(number)

    def run(self, operations: int) -> Told:
        """Write until *operations* statements were judged, and return what there is to tell."""
        with self._session:
            while self.told.operations < operations:
                self._run(self._roll())
        return self.told

    def _hear(self, diagnostic: errors.Diagnostic) -> None:
        text = diagnostic.message_primary or ""
        if text.startswith("["):
            self._notices.append(Notice(*json.loads(text)))

    # What is done.

    def _roll(self) -> Plan:
        roll = self._dice.random
        if roll() < 0.35:
            return Plan(
                [self._rolled.roll()], [False], [False], [0.0], Who(self._login), None, "commit"
            )
        count = self._dice.choice((1, 1, 2, 3, 4))
        is_judge = roll() < _JUDGES
        role = (
            JUDGE if is_judge else self._dice.choice(ROLES[self._login]) if roll() < 0.5 else None
        )
        actor = f"user:{self.told.session}" if roll() < 0.7 else None
        reason = "asked to" if actor and roll() < 0.8 else None
        guarded = [roll() < 0.4 for _ in range(count)]
        rolled = self._rolled
        return Plan(
            [approve(rolled, rolled.key()) if is_judge else rolled.roll() for _ in range(count)],
            guarded,
            [it and roll() < 0.15 for it in guarded],
            [roll() * _THOUGHT_S if roll() < 0.5 else 0.0 for _ in range(count)],
            Who(self._login, role, actor, reason),
            self._dice.choice(LEVELS),
            "rollback" if roll() < 0.08 else "commit",
        )

    def _run(self, plan: Plan) -> None:
        failed: list[str] = []
        for _ in range(_RETRIES):
            try:
                self._try(plan)
            except _Again as again:
                failed.append(str(again))
                time.sleep(self._pauses.random() * _PAUSE_S * len(failed))
                continue
            return
        what = f"not done after {_RETRIES} tries"
        self._disagree(None, what, "; ".join([str(plan), *failed[-3:]]))

    def _try(self, plan: Plan) -> None:
        running = _Running(plan, time.monotonic_ns())
        self.told.transactions += 1
        if plan.level is None:
            self._perform(running, plan.operations[0])
            self._keep(running, running.begun)
            return
        self._begin(plan)
        for number, operation in enumerate(plan.operations):
            if not self._step(running, operation, number):
                self._roll_back()
                return
            time.sleep(plan.pauses[number])
        self._end(running)

    def _begin(self, plan: Plan) -> None:
        who = plan.who
        text = f"begin isolation level {plan.level}"
        if who.role:
            text += f"; set local role {who.role}"
        if who.actor:
            reason = f"'{who.reason}'" if who.reason else "null"
            text += f"; select interlock.act_as('{who.actor}', reason => {reason})"
        if plan.guarded[0]:
            text += "; savepoint here"
        self._execute(text)

    def _step(self, running: _Running, operation: Operation, number: int) -> bool:
        """Run one statement; return whether the transaction goes on."""
        if not running.plan.guarded[number]:
            return self._perform(running, operation)
        kept = dict(running.own), len(running.events), len(running.approvals)
        if number:
            self._execute("savepoint here")
        went = self._perform(running, operation)
        if not went or running.plan.undone[number]:
            self._execute("rollback to savepoint here; release savepoint here")
            running.own = kept[0]
            del running.events[kept[1] :], running.approvals[kept[2] :]
        return True

    def _end(self, running: _Running) -> None:
        sent = time.monotonic_ns()
        if running.plan.ends == "rollback":
            self._roll_back()
            return
        self._execute("commit")
        self._keep(running, sent)

    def _keep(self, running: _Running, sent: int) -> None:
        if running.events or running.approvals:
            done, them = time.monotonic_ns(), (running.events, running.approvals)
            self.told.written.append(Written(self.told.session, sent, done, *them))

    def _roll_back(self) -> None:
        self.told.rolled_back += 1
        self._session.execute("rollback")

    def _execute(self, text: str) -> None:
        try:
            self._session.execute(text.encode())
        except psycopg.Error as error:
            self._give_up(error)
            raise

    def _give_up(self, error: psycopg.Error) -> None:
        """Leave the transaction, and have it tried again, where the server says so."""
        if error.sqlstate in _AGAIN:
            self.told.count(self.told.retried, _AGAIN[error.sqlstate])
            with suppress(psycopg.Error):
                self._session.rollback()
            raise _Again(_all_told(error)) from error

    # What came of it.

    def _perform(self, running: _Running, operation: Operation) -> bool:
        statement, values = operation.sql()
        self._notices.clear()
        sent, refusal, count, result = time.monotonic_ns(), None, 0, None
        try:
            cursor = self._session.execute(statement.encode(), values)
            count = 1 if isinstance(operation, Fire) else cursor.rowcount
            if isinstance(operation, Approve):
                ((result,),) = cursor.fetchall()
        except psycopg.Error as error:
            self._give_up(error)
            refusal = self._refusal(error)
        has_snapshot = running.plan.level in LEVELS[1:]
        attempt = Attempt(
            self.told.session,
            self._model,
            operation,
            running.plan.who,
            running.begun if has_snapshot else sent,
            sent,
            time.monotonic_ns(),
            tuple(self._notices),
            running.own,
            {it.key for it in running.events if it.entries},
            {approving.key_of(it.after) for it in running.approvals},
            self.told.operations,
            refusal,
            count,
            result,
        )
        self._take(running, attempt)
        return refusal is None

    def _take(self, running: _Running, attempt: Attempt) -> None:
        verdict, told = judge(attempt), self.told
        told.operations += 1
        told.sightings += verdict.sightings
        told.claimed += verdict.claimed
        told.counted += verdict.counted
        for key, what in verdict.wrong:
            self._disagree(key, what, attempt.text)
        if attempt.refusal:
            told.count(told.refused, attempt.refusal.code)
        else:
            told.applied += 1
            told.rows += len(verdict.events)
            told.taken += sum(bool(it.taken) for it in verdict.events)
            told.mirrored += sum(len(it.rooms) for it in verdict.events)
        running.events += verdict.events
        running.approvals += verdict.approvals
        running.own = {**running.own, **{it.key: it.after for it in verdict.events}}
        for notice in attempt.notices if attempt.operation.table == "booking" else ():
            if notice.table != "booking":
                continue
            is_stored = notice.when == "AFTER" and not attempt.refusal
            row = notice.after if is_stored else notice.before
            if row is not None or notice.what == "DELETE":
                self._rolled.note(notice.key, row)
        self._learn(attempt)

    def _learn(self, attempt: Attempt) -> None:
        """A key that is taken, or was, is nothing to insert again; a row passed by is gone."""
        refusal, key = attempt.refusal, attempt.operation.keys[0]
        code = refusal.code if refusal else None
        if attempt.operation.table == "room":
            return
        if refusal and code in ("IL01", "IL08") and not attempt.notices:
            self._rolled.note(key, {"status": refusal.source} if refusal.source else None)
        elif attempt.operation.table == "approval":
            return
        elif code == "key":
            self._rolled.seen.setdefault(key, None)
        elif code is None and not attempt.notices and key in self._rolled.seen:
            if wanted_state(attempt.operation) is None:
                self._rolled.note(key, None)
        elif code == "IL02" and attempt.told[0] and attempt.told[0][0].what == "INSERT":
            after = attempt.told[0][0].after
            if after and after["status"] in INITIAL:
                self._rolled.note(key, None)

    def _refusal(self, error: psycopg.Error) -> Refusal:
        told, text = pginterlock.refusal(error), str(error.diag.message_primary)
        if told is None:
            is_key = error.diag.constraint_name in ("booking_pk", "room_pk")
            return Refusal("key" if is_key else f"SQLSTATE {error.sqlstate}", None, None, text)
        names = told.key or {}
        key = room_key(int(str(names["number"]))) if "number" in names else names.get("id")
        is_claim = told.code == "IL15" and told.sqlstate != "23514"
        return Refusal(
            told.code, None if is_claim or key is None else int(str(key)), told.from_state, text
        )

    def _disagree(self, key: int | None, what: str, text: str) -> None:
        at = time.monotonic_ns()
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.told.disagreements.append(
            Disagreement(self.told.session, key, what, f"{stamp} {text}", at)
        )
