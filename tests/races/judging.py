"""Judge one statement by the model: what it told of its rows, and how it ended. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.races import approving
from tests.races.attempt import Attempt, Refusal, Verdict
from tests.races.inn import BETWEEN, BY_EVENT, Move, entries_of, move_of
from tests.races.model import Judgement, Row, Write
from tests.races.operations import Approve, Fire, wanted_state
from tests.races.rooms import changed, judge_room, room_key, wrong_writes
from tests.races.told import Approved, Claimed, Event, Notice


def judge(attempt: Attempt) -> Verdict:
    """Return what is wrong with *attempt*, and what only the whole round can tell."""
    verdict = Verdict()
    if isinstance(attempt.operation, Approve):
        approving.judge(attempt, attempt.operation, verdict)
    elif attempt.refusal is None:
        _judge_applied(attempt, verdict)
    else:
        _judge_refused(attempt, attempt.refusal, verdict)
    return verdict


def _judged(attempt: Attempt, notice: Notice) -> Judgement:
    if notice.table == "room":
        return judge_room(notice.before, notice.after)
    return attempt.model.judge(attempt.write(notice))


# What went through.


def _judge_applied(attempt: Attempt, verdict: Verdict) -> None:
    proposals, results = attempt.told
    by_key = {it.key: it for it in proposals}  # of an upsert the update is told last
    if attempt.count != len(results):
        verdict.wrong.append((None, f"{attempt.count} rows, but {len(results)} were told"))
    for result, others in attempt.written:
        proposal = by_key.get(result.key)
        if proposal is None or proposal.before != result.before:
            verdict.wrong.append((result.key, "two triggers saw two old rows"))
            continue
        _expect_asked(attempt, proposal, verdict)
        judgement = _judged(attempt, proposal)
        if judgement.codes:
            codes = ", ".join(sorted(judgement.codes))
            verdict.wrong.append((result.key, f"applied, but the model refuses it by {codes}"))
        elif judgement.after != result.after:
            told = f"stored {_differing(result.after, judgement.after)}"
            verdict.wrong.append((result.key, f"{told} in place of what the model says"))
        _keep(attempt, result, others, verdict)
    _expect_found(attempt, {it.key for it in results}, verdict)


def _keep(attempt: Attempt, result: Notice, others: Sequence[Notice], verdict: Verdict) -> None:
    """Keep a row that was written, with what the machine wrote elsewhere because of it."""
    rooms = [it for it in others if it.table == "room"]
    taken = [Approved(it.tick, it.before, it.after or {}) for it in others if it not in rooms]
    event = _event(attempt, result)
    if result.table == "booking":
        write = attempt.model.tell(attempt.write(result), None)
        wrong = [*_wrong_rooms(write, rooms), *_wrong_takings(write, taken)]
        verdict.wrong += [(result.key, it) for it in wrong]
        if taken:
            approving.count(attempt, result.key, len(taken), verdict)
        event = replace(
            event,
            entries=entries_of(write),
            rooms={-it.key: it.after["taken"] for it in rooms if it.after is not None},
            taken=tuple(sorted(int(it.after["approval_id"] or 0) for it in taken)),
        )
    verdict.events += [*(_event(attempt, it) for it in rooms), event]
    verdict.approvals += taken


def _wrong_takings(write: Write, taken: Sequence[Approved]) -> Iterator[str]:
    made = move_of(write) if write.is_move else None
    needs = made is not None and made.needs_approvals
    return approving.wrong_takings(write, taken, is_needed=needs)


def _wrong_rooms(write: Write, rooms: Sequence[Notice]) -> list[str]:
    moves = _moves_between(write.before, write.after)
    needs_open = any(it.needs_open_room for it in moves)
    wrote = {-it.key: it.after for it in rooms if it.after is not None}
    return list(wrong_writes(write.before, write.after, wrote, needs_open=needs_open))


def _moves_between(before: Row | None, after: Row | None) -> tuple[Move, ...]:
    if before is None or after is None:
        return ()
    return BETWEEN.get((before["status"], after["status"]), ())


def _event(attempt: Attempt, notice: Notice) -> Event:
    who = attempt.teller
    return Event(
        notice.tick,
        notice.key,
        notice.before,
        notice.after,
        (),
        who.actor,
        who.reason,
        who.role,
        attempt.text,
        (attempt.session, attempt.statement),
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
            if row is not None and (state is None or state == row["status"]):
                verdict.wrong.append((key, "passed by a row that this transaction had written"))
        else:
            what = "unmatched" if state else "gone"
            verdict.sightings.append(attempt.sighting(key, what, state))


# What was refused.


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
    judged = [_judged(attempt, it) for it in proposals]
    for it in proposals:
        _expect_asked(attempt, it, verdict)
    if any(refusal.code in it.codes for it in judged):
        return
    if not _is_due_elsewhere(attempt, refusal, proposals[-1].before, judged[-1].after, verdict):
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
            verdict.sightings.append(attempt.sighting(key, "there"))
    elif refusal.code == "IL02" and last.what == "INSERT":
        if key not in attempt.own or attempt.own[key] is not None:
            verdict.sightings.append(attempt.sighting(key, "dead"))
    else:
        codes = ", ".join(sorted({code for it in judged for code in it.codes})) or "nothing"
        verdict.wrong.append((refusal.key, f"refused by {refusal.code}, the model says {codes}"))


def _is_due_elsewhere(
    attempt: Attempt, refusal: Refusal, before: Row | None, after: Row | None, verdict: Verdict
) -> bool:
    """Whether another table can be why: and what its rows must have been then."""
    if attempt.operation.table != "booking":
        return False
    taken = changed(before, after)[1]
    moves = _moves_between(before, after)
    if refusal.code == "IL09" and taken is not None:
        verdict.expect(attempt, room_key(taken), "gone")
        return True
    if refusal.code == "IL04" and taken is not None and any(it.needs_open_room for it in moves):
        verdict.expect(attempt, room_key(taken), "shut")
        return True
    if refusal.code == "IL05" and before and any(it.needs_approvals for it in moves):
        approving.lack(attempt, int(before["id"] or 0), verdict)
        return True
    return False


def _judge_claim(attempt: Attempt, key: int, judged: Sequence[Judgement], verdict: Verdict) -> None:
    wanted = [one for it in judged for one in attempt.model.holdings(it.after)]
    mine = dict(attempt.own)
    for proposal in attempt.told[0]:
        mine[proposal.key] = attempt.model.judge(attempt.write(proposal)).after
    held = [
        one
        for it, row in mine.items()
        if it != key and it >= 0
        for one in attempt.model.holdings(row)
    ]
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
    else:
        verdict.expect(attempt, call.key, "in state", source)


def _differing(stored: Row | None, right: Row | None) -> str:
    names = sorted({*(stored or {}), *(right or {})})
    pairs = ((it, (stored or {}).get(it), (right or {}).get(it)) for it in names)
    return ", ".join(f"{it} {a!r} (not {b!r})" for it, a, b in pairs if a != b)
