"""One statement, what it told of its rows, and what follows from it. Pure."""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from tests.races.model import Model, Row, Value, Who, Write
from tests.races.operations import Operation
from tests.races.told import SEEN, Approved, Claimed, Counted, Event, Notice, Sighting


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a statement failed: the code of a rule, or ``key`` for the primary key."""

    code: str
    key: int | None
    source: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One statement, by whom, when, and what came of it."""

    session: int
    model: Model
    operation: Operation
    who: Who
    since: int  # when what it saw was taken, at the earliest
    sent: int
    done: int
    notices: Sequence[Notice]
    own: Mapping[int, Row | None]  # rows that this transaction wrote before
    entered: Set[int]  # of them, those that it left an entry of
    approved: Set[int]  # rows that this transaction approved of
    statement: int
    refusal: Refusal | None = None
    count: int = 0
    result: Mapping[str, Value] | None = None  # of a call

    @property
    def text(self) -> str:
        """The statement, for people."""
        statement, values = self.operation.sql()
        said = json.dumps(values, default=str)
        ended = f"{self.refusal.code} ({self.refusal.text})" if self.refusal else "applied"
        who = "/".join(filter(None, [self.who.asks, self.who.actor, self.who.reason]))
        return f"session {self.session} [{who}] {statement} {said} -> {ended}"

    @property
    def told(self) -> tuple[list[Notice], list[Notice]]:
        """What was told before the write of each row of its table, and after it."""
        mine = [it for it in self.notices if it.table == self.operation.table]
        before = [it for it in mine if it.when == "BEFORE"]
        return before, [it for it in mine if it.when == "AFTER"]

    @property
    def written(self) -> list[tuple[Notice, list[Notice]]]:
        """Each row that was written, and what the machine wrote elsewhere because of it."""
        found, others = [], list[Notice]()
        for it in self.notices:
            if it.table != self.operation.table:
                others += [it] if it.when == "AFTER" else []
            elif it.when == "AFTER":
                found.append((it, others))
                others = []
        return found

    @property
    def teller(self) -> Who:
        """Who writes, with what the statement itself says."""
        reason = self.operation.reason or self.who.reason
        return replace(self.who, event=self.operation.event, reason=reason)

    def write(self, notice: Notice) -> Write:
        """Return the write that was told."""
        return Write(notice.before, notice.after, self.teller, notice.now)

    def sighting(self, key: int, what: str, value: object = None) -> Sighting:
        """Return that row *key* must have looked like *what* while the statement ran."""
        return Sighting(self.session, key, self.since, self.done, what, value, self.text)


@dataclass(slots=True)
class Verdict:
    """What follows from one statement."""

    events: list[Event] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    claimed: list[Claimed] = field(default_factory=list)
    wrong: list[tuple[int | None, str]] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    approvals: list[Approved] = field(default_factory=list)

    def expect(self, attempt: Attempt, key: int, what: str, value: object = None) -> None:
        """Row *key* must have looked like *what*: as it was just written here, or at some time."""
        if key not in attempt.own:
            self.sightings.append(attempt.sighting(key, what, value))
        elif not SEEN[what](attempt.own[key], True, value):
            told = f"was not {what} {value or ''}".rstrip()
            self.wrong.append((key, f"{told}, as this transaction had just written it"))
