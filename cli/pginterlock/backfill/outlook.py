"""What a backfill would do: read in one scan, told by kinds of rows; nothing is changed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import psycopg

from pginterlock import database
from pginterlock.backfill.ask import Asked
from pginterlock.backfill.spans import ROW_FAULTS, halves, next_span
from pginterlock.compiler import mending
from pginterlock.errors import UnsafeError
from pginterlock.rules import claim_repairs

SAMPLES = 3
_PIECE = 20_000


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of one kind: the rules they break, the repairs they get, and what they break then."""

    broken: tuple[str, ...]
    repairs: tuple[str, ...]
    left: tuple[str, ...]
    repeated: tuple[str, ...]
    new: tuple[str, ...]
    declared: tuple[str, ...]
    is_changed: bool
    row_count: int
    samples: tuple[Mapping[str, Mapping[str, object]], ...]

    @property
    def is_repaired(self) -> bool:
        """Whether these rows are written."""
        return self.is_changed and not self.left


@dataclass(slots=True)
class Outlook:
    """All kinds of rows that are not left alone, and the rows whose repair would fail."""

    machine: str
    is_whole: bool
    kinds: list[Kind] = field(default_factory=list)
    failing: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    @property
    def repaired(self) -> int:
        """How many rows would be repaired."""
        return sum(it.row_count for it in self.kinds if it.is_repaired)

    @property
    def stuck(self) -> list[Kind]:
        """The kinds of rows that no repair mends."""
        return [it for it in self.kinds if it.left and (self.is_whole or it.repairs)]

    @property
    def unrepaired(self) -> int:
        """How many rows would go to the quarantine."""
        return sum(it.row_count for it in self.stuck) + len(self.failing)


def look(connection: psycopg.Connection, asked: Asked) -> Outlook:
    """Return what would be done to which rows; nothing is changed.

    One scan; only where a repair fails on some row is the table read piece by piece.
    """
    found = Outlook(asked.machine.name, asked.repairing.is_whole)
    with database.snapshot(connection):
        database.run(connection, claim_repairs.settings(asked.writing))
        try:
            with connection.transaction():
                database.run(connection, "set local enable_memoize = off")
                rows = database.rows(connection, mending.look(asked.repairing, SAMPLES))
        except ROW_FAULTS:
            rows = _piecewise(connection, asked, found)
    found.kinds = _merged([_kind(asked, row) for row in rows])
    return found


def _piecewise(
    connection: psycopg.Connection, asked: Asked, found: Outlook
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    low = None
    while True:
        span = next_span(connection, asked.writing, low, _PIECE)
        if span is None:
            return rows
        todo = [span]
        while todo:
            piece = todo.pop()
            try:
                with connection.transaction():
                    rows += database.rows(
                        connection, mending.look(asked.repairing, SAMPLES, piece.asked)
                    )
            except ROW_FAULTS as error:
                if piece.is_single:
                    said = error.diag.message_primary or str(error)
                    found.failing.append((piece.keys[0], said))
                else:
                    todo += reversed(halves(connection, asked.writing, piece))
        low = span.range.high


def _kind(asked: Asked, row: Mapping[str, object]) -> Kind:
    rules = [rule_words(it.code, it.rule, it.name) for it in asked.repairing.predicates]
    repairs = asked.repairing.repairs
    numbers = {name: _ints(row[name]) for name in _NUMBERS}
    used = [repairs[n] for n in numbers["applied"]]
    new = set(numbers["broken_after"]) - set(numbers["broken_before"])
    samples = row["samples"]
    return Kind(
        tuple(rules[n] for n in numbers["broken_before"]),
        tuple(it.name for it in used),
        tuple(rules[n] for n in numbers["broken_after"]),
        tuple(repairs[n].name for n in numbers["still"]) if row["is_changed"] else (),
        tuple(rules[n] for n in sorted(new)),
        tuple(it.name for it in used if it.is_declared),
        bool(row["is_changed"]),
        int(str(row["row_count"])),
        tuple(samples) if isinstance(samples, list) else (),
    )


_NUMBERS = ("broken_before", "applied", "broken_after", "still")


def _ints(value: object) -> list[int]:
    return [int(it) for it in value] if isinstance(value, list) else []


def rule_words(code: str, rule: str, name: str) -> str:
    """Return what a row rule is called in reports."""
    return f"{code} {rule}" if name == rule else f"{code} {rule} {name}"


def _merged(kinds: list[Kind]) -> list[Kind]:
    """Return *kinds* with those that say the same as one, the most rows first."""
    seen: dict[tuple[object, ...], Kind] = {}
    for it in kinds:
        what = (it.broken, it.repairs, it.left, it.repeated, it.is_changed)
        before = seen.get(what)
        if before:
            samples = (*before.samples, *it.samples)[:SAMPLES]
            it = replace(it, row_count=before.row_count + it.row_count, samples=samples)  # noqa: PLW2901
        seen[what] = it
    told = [it for it in seen.values() if it.left or it.is_changed]
    return sorted(told, key=lambda it: -it.row_count)


def demand_harmless(found: Outlook) -> None:
    """Raise UnsafeError where a declared repair would break a rule, or repair the same rows again.

    What a rule proposes is never that bad: such a row is left as it is, and goes to the quarantine.
    """
    broken: Counter[tuple[str, str]] = Counter()
    endless: Counter[str] = Counter()
    for it in found.kinds:
        if it.declared and it.new:
            broken[" and ".join(it.declared), ", ".join(it.new)] += it.row_count
        if it.repeated and it.is_repaired:
            endless[" and ".join(it.repeated)] += it.row_count
    told = [
        f"repair {name} would break {rules} in {_rows(count)}"
        for (name, rules), count in broken.items()
    ]
    told += [
        f"repair {name} would repair the same {_rows(count)} again and again: its condition still"
        " holds after it"
        for name, count in endless.items()
    ]
    if told:
        raise UnsafeError(
            "\n".join(told),
            remedy="Nothing was changed. Narrow its `when`, or set what the rule asks for too;"
            " interlock backfill --dry-run shows the rows.",
        )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
