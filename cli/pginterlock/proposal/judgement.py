"""What the evidence suggests: stamps, moves, columns that go with a state.

Pure: evidence in, proposal out. Every suggestion keeps the figures that speak for it, for the
reader is to decide: shares of rows in which a column is set, numbers of moves that were seen.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pginterlock.proposal.evidence import Evidence, Move

# Shares of rows from which on a column counts as set in a state, or as not set.
_SET, _UNSET = 0.9, 0.1
_REQUIRED = 0.98
# A move is rare when it was seen so seldom, in all or of those that leave its state.
_RARE_COUNT, _RARE_SHARE = 3, 0.001
_SUFFIX = re.compile(r"_(at|on|time|date|ts|timestamp|datetime)$")
_LIKE = 5  # letters that a column and a state must share from their beginning


@dataclass(frozen=True, slots=True)
class Suggested:
    """One line of the spec, and *why*; one that is not sure stands there as a comment."""

    name: str
    value: str
    why: str
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class SuggestedMove:
    """One move; *why* is how it is known."""

    before: str
    after: str
    why: str
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Proposal:
    """A machine to begin with."""

    evidence: Evidence
    initial: tuple[str, ...]
    final: tuple[str, ...]
    moves: tuple[SuggestedMove, ...]
    stamps: tuple[Suggested, ...]
    required: tuple[Suggested, ...]
    is_guessed: bool


def judge(seen: Evidence) -> Proposal:
    """Return what *seen* suggests."""
    stamps = tuple(it for c in seen.moments if (it := _stamp(seen, c)))
    marks = {it.name: it.value for it in stamps if it.is_sure}
    begun = tuple(m.after for m in seen.moves if m.before is None and not _is_rare(seen, m))
    moves = _seen_moves(seen) if seen.moves else _guessed_moves(seen, marks)
    initial = begun or _beginnings(seen, marks)
    left = {m.before for m in moves if m.is_sure}
    reached = {m.after for m in moves if m.is_sure}
    final = tuple(s for s in seen.names if s not in left and (s in reached or s not in initial))
    return Proposal(
        seen, initial, final, moves, stamps, _required(seen, marks), is_guessed=not seen.moves
    )


def percent(share: float | None) -> str:
    """Return a share as people read it."""
    if share is None:
        return "no row"
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    return f"{min(max(share * 100, 0.1), 99.9):.1f} %"


def _stamp(seen: Evidence, column: str) -> Suggested | None:
    """Return the state that *column* marks: by its name where one fits, else by its figures."""
    shares = {s: seen.share(column, s) for s in seen.names}
    filled = [s for s, it in shares.items() if it is not None and it >= _SET]
    empty = [s for s, it in shares.items() if it is not None and it <= _UNSET]
    named = [s for s in seen.names if _fits(column, s)]
    told = ", ".join(f"{percent(it)} of {s}" for s, it in shares.items() if it)
    if len(named) == 1:
        share = shares[named[0]]
        is_sure = share is None or share >= 0.5  # noqa: PLR2004 - more often than not
        return Suggested(column, named[0], f"set in {told or 'no row yet'}", is_sure)
    if len(filled) == 1 and len(empty) == len(shares) - 1 and len(shares) > 1:
        return Suggested(column, filled[0], f"set in {told}")
    return None


def _fits(column: str, state: str) -> bool:
    """Whether a column is named after a state: checked_in_at, CHECKED_IN; cancel_date, canceled."""
    stem, name = (_letters(_SUFFIX.sub("", column.lower())), _letters(state.lower()))
    if not stem or not name:
        return False
    if stem == name:
        return True
    common = next(
        (n for n, (a, b) in enumerate(zip(stem, name, strict=False)) if a != b),
        min(len(stem), len(name)),
    )
    return common >= _LIKE and min(len(stem), len(name)) - common <= 1


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text)


def _is_rare(seen: Evidence, move: Move) -> bool:
    leaving = sum(m.count for m in seen.moves if m.before == move.before)
    return move.count < _RARE_COUNT or move.count < leaving * _RARE_SHARE


def _seen_moves(seen: Evidence) -> tuple[SuggestedMove, ...]:
    found = []
    for move in sorted(seen.moves, key=lambda m: -m.count):
        if move.before is None or move.before == move.after:
            continue
        rare = _is_rare(seen, move)
        why = f"seen {move.count:,} times{', rare' if rare else ''}"
        found.append(SuggestedMove(move.before, move.after, why, not rare))
    return tuple(found)


def _beginnings(seen: Evidence, marks: dict[str, str]) -> tuple[str, ...]:
    """Return where rows seem to begin: by default; else where no stamp is set, nor any marks it."""
    if seen.default in seen.names:
        return (str(seen.default),)
    plain = [
        s
        for s in seen.names
        if s not in marks.values() and all((seen.share(c, s) or 0) <= _UNSET for c in marks)
    ]
    return tuple((plain or list(seen.names))[:1])


def _guessed_moves(seen: Evidence, marks: dict[str, str]) -> tuple[SuggestedMove, ...]:
    """Return moves by the stamps that each state has: one more than the state it is reached from.

    Where stamps say nothing, a state is reached from where rows begin.
    """
    beginnings = _beginnings(seen, marks)
    had = {s: frozenset(c for c in marks if (seen.share(c, s) or 0) >= _SET) for s in seen.names}
    found = []
    for state in seen.names:
        if state in beginnings:
            continue
        own = {c for c, marked in marks.items() if marked == state}
        rest = had[state] - own
        before = [s for s in seen.names if s != state and had[s] == rest and s not in beginnings]
        origins = before if rest and before else [*beginnings, *_unmarked(seen, marks, state)]
        why = f"guessed: it has {', '.join(sorted(rest))}" if rest and before else "guessed"
        found += [SuggestedMove(o, state, why) for o in dict.fromkeys(origins) if o != state]
    return tuple(found)


def _unmarked(seen: Evidence, marks: dict[str, str], state: str) -> Sequence[str]:
    """Return states without a stamp of their own, for a state that has one: it may follow them."""
    if state not in marks.values():
        return ()
    return [
        s
        for s in seen.names
        if s not in marks.values() and all((seen.share(c, s) or 0) <= _UNSET for c in marks)
    ]


def _required(seen: Evidence, marks: dict[str, str]) -> tuple[Suggested, ...]:
    """Return columns that nearly every row of some state has, and many rows of others have not."""
    found = []
    for column in seen.filled:
        if column in marks:
            continue
        shares = {s: it for s in seen.names if (it := seen.share(column, s)) is not None}
        if not any(it < 0.5 for it in shares.values()):  # noqa: PLR2004 - mostly not set
            continue
        for state, share in shares.items():
            if share >= _REQUIRED:
                rows = next(it.rows for it in seen.states if it.name == state)
                told = f"set in {percent(share)} of {rows:,}"
                found.append(Suggested(state, column, told))
    return tuple(found)
