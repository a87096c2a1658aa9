"""What was measured, as tables and lines; and what is lacking."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table
from tests.scan.labelled import Project
from tests.scan.scoring import Sum, Verdict

DEV, HELD = "dev", "held"
_PRECISION, _RECALL, _TRANSACTIONS, _PACE = 0.95, 0.95, 0.90, 100_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How many lines were read in how many seconds of one core.

    Lines are all those of the files of Python and SQL that a scan reads, blank ones and comments
    too; the seconds are those of the whole command, from its start to its end.
    """

    lines: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Lines a second."""
        return self.lines / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """A project, the verdict on each (model, column) of it, and how fast it was read."""

    project: Project
    verdicts: dict[tuple[str, str], Verdict]
    pace: Pace

    @property
    def sum(self) -> Sum:
        """Count all columns."""
        return sum((verdict.sum() for verdict in self.verdicts.values()), Sum())


def table(measured: Sequence[Measured]) -> Table:
    """Show each project, and the total of each set."""
    shown = _table("the write map against labels made by hand", "set", "project")
    shown.caption = (
        "lines: all of the files of Python and SQL that are read, blank ones and comments too;"
        " a second: of processor time of the whole command, its start too"
    )
    for one in (DEV, HELD):
        of_set = [each for each in measured if each.project.set == one]
        for each in of_set:
            shown.add_row(one, each.project.name, *_figures(each.sum), *_speed(each.pace))
        if of_set:
            total, pace = _total(of_set)
            shown.add_row(one, "in total", *_figures(total), *_speed(pace), style="bold")
            shown.add_section()
    return shown


def by_column(measured: Sequence[Measured], *, show_held: bool) -> Table:
    """Show each (model, column) of the set dev, and of held where *show_held*."""
    shown = _table("by column", "project", "column", paced=False)
    for each in _open(measured, show_held=show_held):
        for (model, column), verdict in each.verdicts.items():
            shown.add_row(each.project.name, f"{model}.{column}", *_figures(verdict.sum()))
    return shown


def misses(measured: Sequence[Measured], *, show_held: bool) -> Iterator[str]:
    """List writes that were missed, reports that are wrong, and wrong transactions, as lines."""
    for each in _open(measured, show_held=show_held):
        for (model, column), verdict in each.verdicts.items():
            about = f"{each.project.name} {model}.{column}"
            for row in verdict.missed:
                yield f"missed  {about}  {row.file}:{row.line}  {row.kind}  {row.note}"
            for report in verdict.surplus:
                yield f"surplus {about}  {report.file}:{report.line}  {report.construct}"
            for match in verdict.mistaken:
                told = f"{match.report.in_tx} for {match.row.in_tx}"
                yield f"transaction {about}  {match.row.file}:{match.row.line}  {told}"


def lacking(measured: Sequence[Measured]) -> list[str]:
    """List in words what the set held lacks of what is asked; empty where nothing."""
    of_set = [each for each in measured if each.project.set == HELD]
    if not of_set:
        return []
    total, pace = _total(of_set)
    asked = [
        ("precision", total.precision, _PRECISION),
        ("recall", total.recall, _RECALL),
        ("transactions", total.transactions, _TRANSACTIONS),
    ]
    found = [f"{name}: {is_:.3f} of {least:.2f}" for name, is_, least in asked if is_ < least]
    if pace.per_second < _PACE:
        found.append(f"lines a second: {pace.per_second:,.0f} of {_PACE:,}")
    return found


def _open(measured: Sequence[Measured], *, show_held: bool) -> list[Measured]:
    return [each for each in measured if show_held or each.project.set == DEV]


def _total(measured: Sequence[Measured]) -> tuple[Sum, Pace]:
    lines = sum(each.pace.lines for each in measured)
    seconds = sum(each.pace.seconds for each in measured)
    return sum((each.sum for each in measured), Sum()), Pace(lines, seconds)


def _figures(counted: Sum) -> list[str]:
    counts = [counted.writes, counted.missed, counted.surplus]
    ratios = [counted.precision, counted.recall, counted.transactions]
    return [str(count) for count in counts] + [f"{ratio:.3f}" for ratio in ratios]


def _speed(pace: Pace) -> list[str]:
    return [f"{pace.lines:,}", f"{pace.per_second:,.0f}"]


def _table(title: str, *names: str, paced: bool = True) -> Table:
    shown = Table(title=title)
    for name in names:
        shown.add_column(name, overflow="fold")
    for name in ("writes", "missed", "surplus", "precision", "recall", "tx"):
        shown.add_column(name, justify="right")
    if paced:
        for name in ("lines", "a second"):
            shown.add_column(name, justify="right")
    return shown
