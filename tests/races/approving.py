"""The move of the inn that asks for approvals, by hand: what one statement says of them. Pure.

Two persons who logged in, other than the one who makes the move, for the row as its last entry has
it. `ledger_approvals` holds what was said against all that was committed.
"""

from collections.abc import Iterator, Sequence

from tests.races.attempt import Attempt, Refusal, Verdict
from tests.races.inn import is_member
from tests.races.model import Row, Write
from tests.races.operations import Approve
from tests.races.told import Approved, Counted

EVENT = "void"
COUNT = 2
ROLES = ("inn_desk", "inn_audit", "inn_judge")
SOURCES = ("HELD", "ARRIVED")
LOCKLESS = ("inn_judge",)  # they may not write the table, so they hold no row of it


def key_of(approval: Row) -> int:
    """Return the key of the row that is approved of."""
    key = approval["key"]
    return int(key["id"]) if isinstance(key, dict) else 0


def judge(attempt: Attempt, call: Approve, verdict: Verdict) -> None:
    """Judge a call of approve or withdraw."""
    told = [Approved(it.tick, it.before, it.after or {}) for it in attempt.notices]
    verdict.approvals += told
    if attempt.refusal:
        _judge_refused(attempt, call, attempt.refusal, verdict)
        return
    wrong = _wrong_withdrawal if call.verb == "withdraw" else _wrong_approval
    verdict.wrong += [(call.key, it) for it in wrong(attempt, told)]
    if call.verb == "approve":
        result = attempt.result or {}
        verdict.expect(attempt, call.key, "in state", result["from"])
        # Where he has approved before, in this transaction, nothing is written, and that is right.
        count = int(result["approvals"] or 0)
        is_first = bool(told) or call.key in attempt.approved
        verdict.counted.append(_counted(attempt, call.key, count, count, is_given=is_first))


def _judge_refused(attempt: Attempt, call: Approve, refusal: Refusal, verdict: Verdict) -> None:
    """A call that was refused: by the role, or by the state of the row."""
    if call.verb == "approve" and refusal.code == "IL05":
        if is_member(attempt.who.asks, ROLES):
            verdict.wrong.append((call.key, "refused by IL05, the model says that he may approve"))
        return
    right = "IL08" if refusal.source is None else "IL01"
    if refusal.code != right or refusal.source in SOURCES:
        verdict.wrong.append((call.key, f"refused by {refusal.code}, the model says nothing"))
        return
    verdict.expect(attempt, call.key, "in state", refusal.source)


def _wrong_approval(attempt: Attempt, told: Sequence[Approved]) -> Iterator[str]:
    result, who = attempt.result or {}, attempt.who
    if not is_member(who.asks, ROLES):
        yield "applied, but the model refuses it by IL05"
    if result["from"] not in SOURCES:
        yield "applied, but the model refuses it by IL01"
    if result["missing"] != max(COUNT - int(result["approvals"] or 0), 0):
        yield f"{result['missing']} are missing, which is not so"
    if len(told) > 1:
        yield "gave more than one approval"
    for it in told:
        is_new = it.before is None and it.after["withdrawn_at"] is None
        is_his = (it.after["session_role"], it.after["set_role"]) == (who.login, who.role)
        is_of = (key_of(it.after), it.after["event"]) == (attempt.operation.keys[0], EVENT)
        if not (is_new and is_his and is_of and it.after["from_state"] == result["from"]):
            yield f"gave another approval: {dict(it.after)}"


def _wrong_withdrawal(attempt: Attempt, told: Sequence[Approved]) -> Iterator[str]:
    if (attempt.result or {})["withdrawn"] != len(told):
        yield f"says {attempt.result}, and {len(told)} ended"
    for it in told:
        was = it.before or {}
        ended = [was.get("withdrawn_at"), was.get("consumed_at"), it.after["consumed_at"]]
        is_his = was.get("session_role") == attempt.who.login
        if not is_his or it.after["withdrawn_at"] is None or any(ended):
            yield f"withdrew another approval: {dict(it.after)}"


def wrong_takings(write: Write, taken: Sequence[Approved], *, is_needed: bool) -> Iterator[str]:
    """Say what is wrong with the approvals that a move took."""
    if not is_needed:
        if taken:
            yield "took approvals, and asks for none"
        return
    persons = [it.after["session_role"] for it in taken]
    if len(set(persons)) < max(COUNT, len(persons)) or write.who.login in persons:
        told = ", ".join(sorted(map(str, persons)))
        yield f"applied, but the model refuses it by IL05: taken are [{told}]"
    for it in taken:
        was = it.before or {}
        ended = [was.get("withdrawn_at"), was.get("consumed_at"), it.after["withdrawn_at"]]
        right = (key_of(it.after), it.after["event"], it.after["from_state"])
        is_of = write.before is not None and right == (write.before["id"], EVENT, write.source)
        if any(ended) or it.after["consumed_at"] is None or not is_of:
            yield f"took another approval: {dict(it.after)}"


def lack(attempt: Attempt, key: int, verdict: Verdict) -> None:
    """Keep that the move was refused for want of approvals: there were too few, at some time."""
    if key not in attempt.entered:  # else what stood has lapsed, and nobody can have seen it since
        verdict.counted.append(_counted(attempt, key, 0, COUNT - 1, is_mover=True))


def count(attempt: Attempt, key: int, number: int, verdict: Verdict) -> None:
    """Keep how many approvals the move took: all that stood."""
    verdict.counted.append(_counted(attempt, key, number, number, is_mover=True))


def _counted(
    attempt: Attempt,
    key: int,
    least: int,
    most: int,
    *,
    is_mover: bool = False,
    is_given: bool = True,
) -> Counted:
    return Counted(
        attempt.session,
        key,
        attempt.who.login,
        is_mover,
        is_given,
        key in attempt.entered,
        attempt.since,
        attempt.done,
        least,
        most,
        attempt.text,
    )
