"""Print what was measured: a table for a terminal, for a pipe, for a page; or JSON."""

import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from harness import bulk, verification
from harness.series import Series, ratios
from harness.targets import target, verdict
from harness.variants import BARE

HEADS = ("measured", "variant", "median", "min to max", "ratio", "target", "verdict")
_MANY = 100


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that one run on one server version found."""

    version: str
    rows: int
    counter: str
    series: tuple[Series, ...]
    missing: dict[str, str]


def lines(run: Run) -> list[tuple[str, ...]]:
    """Return the table of *run*, a line for each variant and thing measured."""
    against = _against(run.series)
    out = []
    for it in sorted(run.series, key=lambda it: _order(run.series, it.what)):
        wanted = target(it.variant, it.what)
        ratio = against.get((it.variant, it.what))
        out.append(
            (
                it.what,
                it.variant,
                f"{_number(it.median)} {it.unit}".replace(" ratio", ""),
                f"{_number(min(it.values))} to {_number(max(it.values))}",
                "" if ratio is None else f"{ratio:.2f}",
                "" if wanted is None else str(wanted),
                verdict(it.variant, it.what, against),
            )
        )
    return out


def heading(run: Run) -> str:
    """Return one line on where and how *run* was measured."""
    return (
        f"PostgreSQL {run.version}, {run.rows:,} rows, instructions: {run.counter}, "
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}"
    )


def notes(run: Run) -> list[str]:
    """Return a line for each variant that was not measured."""
    return [f"not measured: {name}: {why}" for name, why in run.missing.items()]


def show(run: Run, style: str) -> None:
    """Print *run*: *style* is ``text`` or ``markdown``."""
    if style == "markdown":
        sys.stdout.write(_markdown(run))
    elif sys.stdout.isatty():
        _rich(run)
    else:
        sys.stdout.write(_plain(run))
    sys.stdout.flush()


def as_json(runs: Sequence[Run]) -> str:
    """Return *runs* as JSON, every value of every round in it."""
    body = [
        {**asdict(run), "table": [dict(zip(HEADS, it, strict=True)) for it in lines(run)]}
        for run in runs
    ]
    return json.dumps({"format": 1, "runs": body}, indent=2, ensure_ascii=False) + "\n"


def _against(series: Sequence[Series]) -> dict[tuple[str, str], float]:
    """Return each ratio: to the bare table, for verify to the bare scan, and a ratio as it is."""
    found = {}
    for base in (BARE, verification.FLOOR):
        measured = {it.what for it in series if it.variant == base and it.what != bulk.TRAP}
        found |= ratios([it for it in series if it.what in measured], base)
    return found | {(it.variant, it.what): it.median for it in series if it.what == bulk.TRAP}


def _order(series: Sequence[Series], what: str) -> int:
    return list(dict.fromkeys(it.what for it in series)).index(what)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= _MANY else f"{value:.2f}"


def _markdown(run: Run) -> str:
    rows = [HEADS, tuple("---" for _ in HEADS), *lines(run)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return "\n\n".join([f"### {heading(run)}", table, *notes(run)]) + "\n\n"


def _plain(run: Run) -> str:
    rows = [HEADS, *lines(run)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    out = [heading(run)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.append("  ".join(cells).rstrip())
    return "\n".join([*out, *notes(run)]) + "\n\n"


def _rich(run: Run) -> None:
    from rich.console import Console  # noqa: PLC0415  only a terminal needs it
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=heading(run), title_justify="left")
    for head in HEADS:
        table.add_column(head, justify="right" if head in ("median", "ratio") else "left")
    shown = ""
    for row in lines(run):
        if row[0] != shown:
            table.add_section()
        style = {"": "", "reached": "green"}.get(row[-1], "yellow")
        table.add_row("" if row[0] == shown else row[0], *row[1:], style=style)
        shown = row[0]
    console = Console()
    console.print(table)
    for note in notes(run):
        console.print(note)
