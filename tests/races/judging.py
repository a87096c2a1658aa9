"""Judge one statement by the model: what it told of its rows, and how it ended. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tests.races.inn import BY_EVENT, entries_of
from tests.races.model import Judgement, Model, Row, Who, Write
from tests.races.operations import Fire, Operation, wanted_state
from tests.races.told import Claimed, Event, Notice, Sighting


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
    refusal: Refusal | None = None
    count: int = 0

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
        """What was told before the write of each row, and after it."""
        before = [it for it in self.notices if it.when == "BEFORE"]
        return before, [it for it in self.notices if it.when == "AFTER"]


@dataclass(slots=True)
class Verdict:
    """What follows from one statement."""

    events: list[Event]
    sightings: list[Sighting]
    claimed: list[Claimed]
    wrong: list[tuple[int | None, str]]


def judge(attempt: Attempt) -> Verdict:
    """Return what is wrong with *attempt*, and what only the whole round can tell."""
    verdict = Verdict([], [], [], [])
    if attempt.refusal is None:
        _judge_applied(attempt, verdict)
    else:
        _judge_refused(attempt, attempt.refusal, verdict)
    return verdict


def _who(attempt: Attempt) -> Who:
    reason = attempt.operation.reason or attempt.who.reason
    return replace(attempt.who, event=attempt.operation.event, reason=reason)


def _write(attempt: Attempt, notice: Notice) -> Write:
    return Write(notice.before, notice.after, _who(attempt), notice.now)


def _judge_applied(attempt: Attempt, verdict: Verdict) -> None:
    proposals, results = attempt.told
    by_key = {it.key: it for it in proposals}  # of an upsert the update is told last
    if attempt.count != len(results):
        verdict.wrong.append((None, f"{attempt.count} rows, but {len(results)} were told"))
    for result in results:
        proposal = by_key.get(result.key)
        if proposal is None or proposal.before != result.before:
            verdict.wrong.append((result.key, "two triggers saw two old rows"))
            continue
        _expect_asked(attempt, proposal, verdict)
        judgement = attempt.model.judge(_write(attempt, proposal))
        if judgement.codes:
            codes = ", ".join(sorted(judgement.codes))
            verdict.wrong.append((result.key, f"applied, but the model refuses it by {codes}"))
        elif judgement.after != result.after:
            told = f"stored {_differing(result.after, judgement.after)}"
            verdict.wrong.append((result.key, f"{told} in place of what the model says"))
        verdict.events.append(_event(attempt, result))
    _expect_found(attempt, {it.key for it in results}, verdict)


def _event(attempt: Attempt, result: Notice) -> Event:
    who = _who(attempt)
    write = attempt.model.tell(Write(result.before, result.after, who, result.now), None)
    return Event(
        result.tick,
        result.key,
        result.before,
        result.after,
        entries_of(write),
        who.actor,
        who.reason,
        who.role,
        attempt.text,
    )


def _expect_asked(attempt: Attempt, proposal: Notice, verdict: Verdict) -> None:
    asked = attempt.operation.proposed(proposal.before)
    told = None if proposal.what == "DELETE" else proposal.after
    if asked != told:
        verdict.wrong.append((proposal.key, f"another row came than was asked: {asked}"))
    state = wanted_state(attempt.operation)
    if state is not None and proposal.before and proposal.before["status"] != state:
        found = proposal.before["status"]
        verdict.wrong.append((proposal.key, f"written in {found}, but wanted only in {state}"))


def _expect_found(attempt: Attempt, found: set[int], verdict: Verdict) -> None:
    """A row that an update or a delete passed by was not there then, or in another state."""
    state = wanted_state(attempt.operation)
    for key in set(attempt.operation.keys) - found:
        if key in attempt.own:
            row = attempt.own[key]
            if row is not None and state in (None, row["status"]):
                verdict.wrong.append((key, "passed by a row that this transaction had written"))
            continue
        what = "unmatched" if state else "in state"
        verdict.sightings.append(_sighting(attempt, key, what, state))


def _sighting(attempt: Attempt, key: int, what: str, value: object) -> Sighting:
    return Sighting(attempt.session, key, attempt.since, attempt.done, what, value, attempt.text)


def _judge_refused(attempt: Attempt, refusal: Refusal, verdict: Verdict) -> None:
    proposals = attempt.told[0]
    # What speaks of no row, as an index does, speaks of the row that was tried last.
    key = proposals[-1].key if refusal.key is None and proposals else refusal.key
    proposals = [it for it in proposals if it.key == key]
    if isinstance(attempt.operation, Fire) and not proposals:
        _judge_call(attempt, attempt.operation, refusal, verdict)
        return
    if not proposals:
        verdict.wrong.append((key, f"{refusal.code} for a row that was not tried"))
        return
    judged = [attempt.model.judge(_write(attempt, it)) for it in proposals]
    for it in proposals:
        _expect_asked(attempt, it, verdict)
    if any(refusal.code in it.codes for it in judged):
        return
    _judge_by_others(attempt, refusal, judged, verdict)


def _judge_by_others(
    attempt: Attempt, refusal: Refusal, judged: Sequence[Judgement], verdict: Verdict
) -> None:
    """A refusal that is due to rows other than the one that is written."""
    last = attempt.told[0][-1]
    key = last.key
    if refusal.code == "IL15":
        _judge_claim(attempt, key, judged, verdict)
    elif refusal.code == "key" and last.what == "INSERT":
        if attempt.own.get(key) is None:
            verdict.sightings.append(_sighting(attempt, key, "there", None))
    elif refusal.code == "IL02" and last.what == "INSERT":
        if key not in attempt.own or attempt.own[key] is not None:
            verdict.sightings.append(_sighting(attempt, key, "dead", None))
    else:
        codes = ", ".join(sorted({code for it in judged for code in it.codes})) or "nothing"
        verdict.wrong.append((key, f"refused by {refusal.code}, the model says {codes}"))


def _judge_claim(attempt: Attempt, key: int, judged: Sequence[Judgement], verdict: Verdict) -> None:
    wanted = [one for it in judged for one in attempt.model.holdings(it.after)]
    mine = dict(attempt.own)
    for proposal in attempt.told[0]:
        mine[proposal.key] = attempt.model.judge(_write(attempt, proposal)).after
    held = [one for it, row in mine.items() if it != key for one in attempt.model.holdings(row)]
    if any(a.meets(b) for a in wanted for b in held):
        return
    verdict.claimed.append(
        Claimed(attempt.session, key, attempt.sent, attempt.done, wanted, attempt.text)
    )


def _judge_call(attempt: Attempt, call: Fire, refusal: Refusal, verdict: Verdict) -> None:
    """A call that was refused before it wrote: by the state of the row alone."""
    source = refusal.source
    stale = source is None or (call.expect is not None and call.expect != source)
    right = "IL08" if stale else "IL01"
    if not stale and (call.event, source) in BY_EVENT:
        right = "a move"
    if refusal.code != right:
        verdict.wrong.append((call.key, f"refused by {refusal.code}, the model says {right}"))
    elif call.key in attempt.own:
        row = attempt.own[call.key]
        if (row["status"] if row else None) != source:
            verdict.wrong.append((call.key, f"{source} is not the state that was just written"))
    else:
        verdict.sightings.append(_sighting(attempt, call.key, "in state", source))


def _differing(stored: Row | None, right: Row | None) -> str:
    names = sorted({*(stored or {}), *(right or {})})
    pairs = ((it, (stored or {}).get(it), (right or {}).get(it)) for it in names)
    return ", ".join(f"{it} {a!r} (not {b!r})" for it, a, b in pairs if a != b)
