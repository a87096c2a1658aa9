"""Hold what sessions told of approvals against each other, the table of them and the history. Pure.

An approval is for the last entry of its row: so whether one stood is known by when the entry came,
when the next one did, and when it was given, withdrawn or taken; of each but for a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.races.approving import LOCKLESS, key_of
from tests.races.model import Row
from tests.races.told import Approved, Counted, Disagreement, Event, Told

NEVER = 1 << 62


@dataclass(slots=True)
class Life:
    """An approval that was committed: when it was given and when it ended, as its sessions know."""

    row: Row
    given: tuple[int, int]  # sent to commit, and done
    ended: tuple[int, int] = (NEVER, NEVER)

    @property
    def person(self) -> str:
        """Who approved."""
        return str(self.row["session_role"])

    @property
    def entry(self) -> int:
        """The entry that the row had last."""
        return int(self.row["entry_id"] or 0)


@dataclass(frozen=True, slots=True)
class Stay:
    """An entry of a row, from when it was committed until the next one was."""

    id: int
    state: object
    tick: int
    begun: tuple[int, int]
    ended: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Approvals:
    """All that was committed of approvals, by the row that they are for, and what is wrong."""

    lives: Mapping[int, Sequence[Life]]
    stays: Mapping[int, Sequence[Stay]]
    wrong: Sequence[Disagreement]


def open_approvals(told: Sequence[Told], stays: Mapping[int, Sequence[Stay]]) -> Approvals:
    """Return what the sessions committed."""
    found: list[tuple[Approved, int, int]] = sorted(
        (
            (it, written.sent, written.done)
            for one in told
            for written in one.written
            for it in written.approvals
        ),
        key=lambda it: it[0].tick,
    )
    lives: dict[int, Life] = {}
    wrong: list[Disagreement] = []
    for it, sent, done in found:
        number = int(it.after["approval_id"] or 0)
        life = lives.get(number)
        if it.before != (life.row if life else None):
            wrong.append(_about(it.after, "an approval was changed before this", str(it.before)))
        if life is None:
            lives[number] = Life(it.after, (sent, done))
        else:
            life.row, life.ended = it.after, (sent, done)
    by_key: dict[int, list[Life]] = defaultdict(list)
    for one_life in lives.values():
        by_key[key_of(one_life.row)].append(one_life)
    return Approvals(by_key, stays, wrong)


def disagreements(
    approvals: Approvals, told: Sequence[Told], events: Iterable[Event], table: Sequence[Row]
) -> Iterator[Disagreement]:
    """Yield all that does not fit together at the end of a round."""
    yield from approvals.wrong
    yield from _other_approvals(approvals, table)
    yield from _of_no_entry(approvals)
    yield from _twice(approvals)
    for event in events:
        if event.taken:
            yield from _wrongly_taken(approvals, event)
    for it in (one for session in told for one in session.counted):
        yield from _miscounted(approvals, it)


def _about(row: Row, what: str, text: str = "") -> Disagreement:
    return Disagreement(None, key_of(row), f"approval {row['approval_id']}: {what}", text)


def _other_approvals(approvals: Approvals, table: Sequence[Row]) -> Iterator[Disagreement]:
    known = {it.row["approval_id"]: it.row for them in approvals.lives.values() for it in them}
    stored = {it["approval_id"]: it for it in table}
    for number in sorted({*known, *stored}, key=str):
        if known.get(number) != stored.get(number):
            row = known.get(number) or stored[number]
            yield _about(row, f"the table has {stored.get(number)}, last told {known.get(number)}")


def _of_no_entry(approvals: Approvals) -> Iterator[Disagreement]:
    """An approval is for an entry of its row, by which that came to the state that it names.

    Who holds no lock may see the row as it was a moment before: what he approves has lapsed, then.
    """
    for key, lives in approvals.lives.items():
        states = {it.id: it.state for it in approvals.stays.get(key, ())}
        for it in lives:
            asked = it.row["from_state"]
            if states.get(it.entry) == asked:
                continue
            was = any(state == asked for number, state in states.items() if number < it.entry)
            may_be_late = it.entry in states and it.row["set_role"] in LOCKLESS
            if not (was and may_be_late and it.row["consumed_at"] is None):
                yield _about(it.row, "is for an entry that is not one of the row in that state")


def _twice(approvals: Approvals) -> Iterator[Disagreement]:
    """Of one person one approval stands at most, for one entry."""
    for lives in approvals.lives.values():
        stand: set[tuple[int, str]] = set()
        for it in lives:
            if it.row["withdrawn_at"] is None:
                if (it.entry, it.person) in stand:
                    yield _about(it.row, f"{it.person} approved twice of one thing")
                stand.add((it.entry, it.person))


def _wrongly_taken(approvals: Approvals, event: Event) -> Iterator[Disagreement]:
    """What a move took is for the entry before it."""
    lives = {it.row["approval_id"]: it for it in approvals.lives.get(event.key, ())}
    stays = approvals.stays.get(event.key, ())
    last = next((a.id for a, b in pairwise(stays) if b.tick == event.tick), None)
    for number in event.taken:
        if number in lives and lives[number].entry != last:
            yield _about(lives[number].row, "was taken, and had lapsed", event.text)


def _miscounted(approvals: Approvals, it: Counted) -> Iterator[Disagreement]:
    lives = approvals.lives.get(it.key, ())
    mine = set() if it.is_mover else {it.person}
    sure: set[str] = set()
    for stay in approvals.stays.get(it.key, ()):
        # The last entry all the time: of any other one nobody can be sure that it was.
        if stay.begun[1] <= it.since and it.until <= stay.ended[0] and not it.is_entered:
            sure = {
                one.person
                for one in lives
                if one.entry == stay.id and one.given[1] <= it.since and it.until <= one.ended[0]
            }
    maybe = {one.person for one in lives if one.given[0] <= it.until and it.since <= one.ended[1]}
    least, most = (len(them | mine if mine else them - {it.person}) for them in (sure, maybe))
    if not it.is_given and it.person not in maybe:
        yield Disagreement(it.session, it.key, "he had not approved, and was told so", it.text)
    if least > it.most or most < it.least:
        what = f"{it.least} to {it.most} approvals, but there were {least} to {most}"
        yield Disagreement(it.session, it.key, what, it.text)
