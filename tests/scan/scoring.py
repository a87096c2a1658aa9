"""Precision, recall and transactions of a scan, judged by labelled rows.

Pure: data in, data out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

WRITE, DEFAULT, LOOKALIKE = "write", "default", "lookalike"


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled place: a write of *column*, the column's default, or what only looks like a write.

    *start* and *end* are the first and the last line of its statement.
    """

    file: str
    line: int
    start: int
    end: int
    model: str
    column: str
    in_tx: str
    label: str
    kind: str = "prod"
    note: str = ""

    def holds(self, report: "Report") -> bool:
        """Tell whether *report* points into this statement."""
        return report.file == self.file and self.start <= report.line <= self.end


@dataclass(frozen=True, slots=True)
class Report:
    """A site as the scan reports it."""

    file: str
    line: int
    in_tx: str
    label: str = WRITE
    construct: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A labelled write, and the report that found it."""

    row: Row
    report: Report

    @property
    def agrees(self) -> bool:
        """Whether the report says of the transaction what the row says."""
        return self.row.in_tx == self.report.in_tx


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the rows and reports of one column; *surplus* are reports that are wrong."""

    matches: tuple[Match, ...]
    missed: tuple[Row, ...]
    surplus: tuple[Report, ...]

    @property
    def mistaken(self) -> tuple[Match, ...]:
        """The writes that were found, with another transaction than theirs."""
        return tuple(match for match in self.matches if not match.agrees)

    def sum(self) -> "Sum":
        """Count."""
        agreeing = len(self.matches) - len(self.mistaken)
        return Sum(len(self.matches), len(self.missed), len(self.surplus), agreeing)


@dataclass(frozen=True, slots=True)
class Sum:
    """Writes found and missed, reports that are wrong, and found writes whose transaction is right.

    A ratio of nothing is 1: nothing was got wrong.
    """

    found: int = 0
    missed: int = 0
    surplus: int = 0
    agreeing: int = 0

    def __add__(self, other: Self) -> "Sum":
        """Add up."""
        return Sum(
            self.found + other.found,
            self.missed + other.missed,
            self.surplus + other.surplus,
            self.agreeing + other.agreeing,
        )

    @property
    def writes(self) -> int:
        """The labelled writes."""
        return self.found + self.missed

    @property
    def precision(self) -> float:
        """The part of the reports that are writes."""
        return _ratio(self.found, self.found + self.surplus)

    @property
    def recall(self) -> float:
        """The part of the writes that were reported."""
        return _ratio(self.found, self.writes)

    @property
    def transactions(self) -> float:
        """The part of the found writes whose transaction is right."""
        return _ratio(self.agreeing, self.found)


def judge(rows: Sequence[Row], reports: Sequence[Report]) -> Verdict:
    """Match the reports of one column with its rows, one with one.

    A report on the row's own line goes before one elsewhere in the statement, and a short statement
    before a long one. A report of a default, or on a row that is one, counts neither way.
    """
    writes = [row for row in rows if row.label == WRITE]
    written = [report for report in reports if report.label != DEFAULT]
    by_row: dict[int, Match] = {}
    used: set[int] = set()
    for _, _, at_row, at_report in sorted(_pairs(writes, written)):
        if at_row not in by_row and at_report not in used:
            by_row[at_row] = Match(writes[at_row], written[at_report])
            used.add(at_report)
    defaults = [row for row in rows if row.label == DEFAULT]
    return Verdict(
        matches=tuple(by_row[at] for at in sorted(by_row)),
        missed=tuple(row for at, row in enumerate(writes) if at not in by_row),
        surplus=tuple(
            report
            for at, report in enumerate(written)
            if at not in used and not any(row.holds(report) for row in defaults)
        ),
    )


def _pairs(rows: list[Row], reports: list[Report]) -> Iterable[tuple[bool, int, int, int]]:
    """Yield what may match, to be sorted: the nearer first."""
    for at_row, row in enumerate(rows):
        for at_report, report in enumerate(reports):
            if row.holds(report):
                yield report.line != row.line, row.end - row.start, at_row, at_report


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
