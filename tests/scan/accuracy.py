"""Measure `interlock scan` on the labelled projects: ``make scan-accuracy``.

Ends with 0 where the projects kept apart reach what is asked, 1 where they do not, 2 on wrong
options, 3 where a release or the scan is not to be had.
"""

import argparse
import compileall
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from tests.scan import labelled, releases, showing
from tests.scan.labelled import Project
from tests.scan.scoring import Report, Verdict, judge
from tests.scan.showing import Measured, Pace

import pginterlock

_WIDTH = 110


class NotScanned(Exception):
    """A scan that gave no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a scan reported, the lines that it read, and the seconds of processor time it took."""

    reports: tuple[Report, ...]
    lines: int
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    options = _parser().parse_args(arguments)
    console = Console(width=_WIDTH, highlight=False, emoji=False, markup=False)
    faults = Console(stderr=True, width=_WIDTH, highlight=False, emoji=False, markup=False)
    wanted = [one for one in labelled.projects() if not options.only or one.name in options.only]
    _tell_absent(options.only, faults)
    if not wanted:
        faults.print("scan-accuracy: no such project is labelled")
        return 2
    _compile()
    measured = []
    try:
        for project in wanted:
            faults.print(f"scan-accuracy: {project.name}")
            measured.append(measure(project))
    except releases.NotFetched as fault:
        faults.print(f"scan-accuracy: {fault}\n  See that pip reaches its index, and run it again.")
        return 3
    except NotScanned as fault:
        faults.print(f"scan-accuracy: {fault}")
        return 3
    console.print(showing.table(measured))
    if options.columns:
        console.print(showing.by_column(measured, show_held=options.show_held))
    if options.misses:
        for line in showing.misses(measured, show_held=options.show_held):
            console.print(line, soft_wrap=True)
    lacking = showing.lacking(measured)
    for line in lacking:
        console.print(line)
    return 1 if lacking else 0


def _compile() -> None:
    """Compile our modules, as pip does where it installs them: that is no part of the pace."""
    compileall.compile_dir(Path(pginterlock.__file__).parent, quiet=2)


def _tell_absent(only: Sequence[str], faults: Console) -> None:
    """Say of the projects that are asked for which are left out; all are, where *only* is empty."""
    for project in labelled.absent():
        if not only or project.name in only:
            faults.print(f"scan-accuracy: {project.name} is left out: its labels are not here")
            faults.print(f"  They are read from {project.labels}", soft_wrap=True)


def measure(project: Project) -> Measured:
    """Scan *project* once for each labelled column, and judge what is reported.

    Raises NotFetched without its release, NotScanned where the scan gives no answer.
    """
    root = releases.fetch(project)
    rows = labelled.rows(project)
    verdicts: dict[tuple[str, str], Verdict] = {}
    pace = Pace(0, 0.0)
    for model, column in labelled.columns(rows):
        answer = scan(root, model, column)
        mine = [row for row in rows if (row.model, row.column) == (model, column)]
        verdicts[model, column] = judge(mine, answer.reports)
        if not pace.lines:
            pace = Pace(answer.lines, answer.seconds)
    return Measured(project, verdicts, pace)


def scan(root: Path, model: str, column: str) -> Answer:
    """Run the command as a user would, without a cache.

    Raises NotScanned where it answers nothing.
    """
    asked = [str(root), "--model", model, "--column", column, "--format", "json", "--no-cache"]
    with tempfile.TemporaryDirectory(prefix="scan-accuracy.") as nowhere:
        before = os.times()
        told = subprocess.run(
            [sys.executable, "-m", "pginterlock", "scan", *asked],
            cwd=nowhere,
            capture_output=True,
            text=True,
            check=False,
        )
        after = os.times()
    try:
        answer = json.loads(told.stdout)
        sites, lines = answer["sites"], int(answer["lines"])
    except (json.JSONDecodeError, KeyError, TypeError):
        last = told.stderr.strip().splitlines()[-1:] or ["it says nothing"]
        raise NotScanned(f"no answer about {model}.{column} in {root.name}: {last[0]}") from None
    took = after.children_user + after.children_system
    took -= before.children_user + before.children_system
    return Answer(tuple(_report(site, root) for site in sites), lines, took)


def _report(site: dict[str, object], root: Path) -> Report:
    file = Path(str(site["file"]))
    return Report(
        file=str(file.relative_to(root) if file.is_absolute() else file),
        line=int(str(site["line"])),
        in_tx=str(site["in_tx"]),
        label=str(site["label"]),
        construct=str(site["construct"]),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.scan.accuracy", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="PROJECT", help="measure these alone")
    parser.add_argument("--columns", action="store_true", help="show each column too")
    parser.add_argument("--misses", action="store_true", help="list what is wrong, of the set dev")
    parser.add_argument("--show-held", action="store_true", help="and of the set held")
    return parser


if __name__ == "__main__":
    sys.exit(main())
