"""Hold what all sessions told of a round against each other, the table and the history. Pure.

A row is written under its lock, and told of before the lock goes: so the ticks of its events are
their order. What a statement saw of rows that it did not write is known but for a time: a row was
as a transaction left it from when that was sent to commit until the next one was done.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.races import ledger_approvals, ledger_rooms
from tests.races.inn import AUDITED
from tests.races.ledger_approvals import Stay, open_approvals
from tests.races.model import Entry, Model, Row
from tests.races.reacting import CAUSES
from tests.races.rooms import START, key_of, wrong_rooms
from tests.races.told import SEEN, Claimed, Disagreement, Event, Sighting, Told

Audit = Mapping[int, Sequence[Mapping[str, object]]]
_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Stored:
    """What the tables hold at the end."""

    bookings: Sequence[Row]
    rooms: Sequence[Row]
    approvals: Sequence[Row]
    audit: Audit


@dataclass(frozen=True, slots=True)
class Version:
    """How a row was, from a transaction that wrote it to the next."""

    row: Row | None
    was_there: bool
    since: int
    until: int


@dataclass(slots=True)
class Ledger:
    """All that was committed, by row and in order."""

    events: dict[int, list[Event]]
    versions: dict[int, list[Version]]
    times: dict[int, tuple[int, int]]  # by the tick of an event: sent to commit, and done

    @property
    def in_order(self) -> list[Event]:
        """All events, as they came."""
        return sorted((it for them in self.events.values() for it in them), key=_tick)


def open_ledger(told: Iterable[Told]) -> Ledger:
    """Return what the sessions committed."""
    by_key: dict[int, list[tuple[Event, int, int]]] = defaultdict(list)
    for written in (one for it in told for one in it.written):
        for event in written.events:
            by_key[event.key].append((event, written.sent, written.done))
    ledger = Ledger({}, {}, {})
    for key, found in by_key.items():
        found.sort(key=lambda it: it[0].tick)
        ledger.events[key] = [it[0] for it in found]
        versions, row, since, was_there = [], START.get(key), 0, key in START
        for event, sent, done in found:
            versions.append(Version(row, was_there, since, done))
            row, since, was_there = event.after, sent, True
            ledger.times[event.tick] = (sent, done)
        versions.append(Version(row, was_there, since, _NEVER))
        ledger.versions[key] = versions
    return ledger


def disagreements(model: Model, told: Sequence[Told], stored: Stored) -> list[Disagreement]:
    """Return all that does not fit together at the end of a round."""
    ledger = open_ledger(told)
    approvals = open_approvals(told, _stays(ledger, stored.audit))
    return [
        *(one for it in told for one in it.disagreements),
        *_broken_chains(ledger),
        *_other_rows(ledger, [*stored.bookings, *stored.rooms]),
        *_other_entries(ledger, stored.audit),
        *_held_twice(model, ledger),
        *ledger_rooms.disagreements(ledger.in_order),
        *ledger_approvals.disagreements(approvals, told, ledger.in_order, stored.approvals),
        *(found for it in told for one in it.sightings if (found := _unseen(ledger, one))),
        *(found for it in told for one in it.claimed if (found := _unclaimed(model, ledger, one))),
    ]


def faults(model: Model, rows: Sequence[Row], rooms: Sequence[Row]) -> list[Disagreement]:
    """Return what is wrong with *rows* and *rooms*, which are two tables at one moment."""
    broken = ((row, model.faults(row)) for row in rows)
    found = [
        Disagreement(None, int(row["id"] or 0), f"in the table, and breaks {sorted(codes)}")
        for row, codes in broken
        if codes
    ]
    for one, other in model.clashes(rows):
        text = f"holds what row {other['id']} holds"
        found.append(Disagreement(None, int(one["id"] or 0), text))
    found += [Disagreement(None, key, what) for key, what in wrong_rooms(rows, rooms)]
    return found


def _broken_chains(ledger: Ledger) -> Iterator[Disagreement]:
    for key, events in ledger.events.items():
        row = START.get(key)
        for number, event in enumerate(events):
            if event.before != row:
                yield Disagreement(None, key, "an update was lost before this one", event.text)
            if number and event.before is None and key >= 0:
                yield Disagreement(None, key, "the key has a second life", event.text)
            row = event.after


def _other_rows(ledger: Ledger, table: Sequence[Row]) -> Iterator[Disagreement]:
    stored: dict[int, Row] = {key_of(row): row for row in table}
    for key in sorted({*stored, *ledger.events, *START}):
        events = ledger.events.get(key)
        last = events[-1].after if events else START.get(key)
        if last != stored.get(key):
            yield Disagreement(None, key, f"the table has {stored.get(key)}, last written {last}")


def _other_entries(ledger: Ledger, audit: Audit) -> Iterator[Disagreement]:
    for key in sorted(it for it in {*audit, *ledger.events} if it >= 0):
        wanted = [_entry(it, one) for it in ledger.events.get(key, []) for one in it.entries]
        found = [{name: it[name] for name in it if name != "id"} for it in audit.get(key, [])]
        if wanted != found:
            pairs = zip(wanted, found, strict=False)
            place = next((n for n, (a, b) in enumerate(pairs) if a != b), None)
            if place is None:
                text = f"{len(found)} entries, not {len(wanted)}"
            else:
                text = f"entry {place} says {found[place]}, not {wanted[place]}"
            yield Disagreement(None, key, f"history: {text}")


def _entry(event: Event, entry: Entry) -> Mapping[str, object]:
    cause = CAUSES[entry.reaction] if entry.reaction else None
    values = {f"old_{it}": entry.old.get(it) for it in AUDITED}
    values |= {f"new_{it}": entry.new.get(it) for it in AUDITED}
    return {
        "kind": entry.kind,
        "event": entry.event,
        "from_state": entry.source,
        "to_state": entry.target,
        "actor": f"interlock:{entry.reaction}" if entry.reaction else event.actor,
        "reason": event.reason or cause,
        "cause": cause,
        "claimed_actor": event.actor if entry.reaction else None,
        "set_role": event.role,
        "approvals": list(event.taken) or None,
        **values,
    }


def _held_twice(model: Model, ledger: Ledger) -> Iterator[Disagreement]:
    """Play all in the order of the ticks; whoever took something waited until it was let go."""
    rows: dict[int, Row] = {}
    for event in ledger.in_order:
        if event.key < 0:
            continue
        mine = model.holdings(event.after)
        for key, row in rows.items() if mine else ():
            if key != event.key and any(a.meets(b) for a in mine for b in model.holdings(row)):
                yield Disagreement(None, event.key, f"takes what row {key} holds", event.text)
        rows.pop(event.key, None)
        if event.after is not None and mine:
            rows[event.key] = event.after


def _stays(ledger: Ledger, audit: Audit) -> Mapping[int, Sequence[Stay]]:
    """Return how long each entry was the last of its row; where the history is right, that is."""
    found: dict[int, list[Stay]] = {}
    for key, entries in audit.items():
        told = [(it, one) for it in ledger.events.get(key, []) for one in it.entries]
        times = [ledger.times[event.tick] for event, _ in told]
        ends = [*times[1:], (_NEVER, _NEVER)]
        found[key] = [
            Stay(int(str(it["id"])), it["to_state"], event.tick, begun, ended)
            for it, (event, _), begun, ended in zip(entries, told, times, ends, strict=False)
        ]
    return found


def _tick(event: Event) -> int:
    return event.tick


def _seen(ledger: Ledger, key: int, since: int, until: int) -> Iterator[Version]:
    """Yield how row *key* may have looked between two times."""
    for it in ledger.versions.get(key, [Version(START.get(key), key in START, 0, _NEVER)]):
        if it.since <= until and since <= it.until:
            yield it


def _unseen(ledger: Ledger, it: Sighting) -> Disagreement | None:
    looks = SEEN[it.what]
    for version in _seen(ledger, it.key, it.since, it.until):
        if looks(version.row, version.was_there, it.value):
            return None
    text = f"was never {it.what} {it.value or ''}".rstrip() + ", as the server had it"
    return Disagreement(it.session, it.key, text, it.text)


def _unclaimed(model: Model, ledger: Ledger, it: Claimed) -> Disagreement | None:
    for key in ledger.versions:
        if key < 0 or key == it.key:
            continue
        for version in _seen(ledger, key, it.since, it.until):
            held = model.holdings(version.row)
            if any(a.meets(b) for a in it.wanted for b in held):
                return None
    return Disagreement(it.session, it.key, "refused, though nobody held it", it.text)


def trace(told: Sequence[Told], keys: Iterable[int], most: int = 40) -> list[str]:
    """Return what was committed about *keys*, in its order: the last of it, one line an event."""
    ledger = open_ledger(told)
    wanted = set(keys)
    events = sorted((it for key in wanted for it in ledger.events.get(key, [])), key=_tick)
    return [f"{it.tick:>8}  row {it.key}  {it.text}" for it in events[-most:]]
