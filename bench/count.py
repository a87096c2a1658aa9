"""Count what a single-row write costs under one or several files of SQL, against the bare table.

``python bench/count.py --pg15 --setup a.sql --setup b.sql`` makes a database for each file from one
loaded template, runs the file in it, and counts in one interleaved run. The bench's own table is
public.booking (bench/sql/table.sql).
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from harness.cluster import BenchError, Cluster, cluster, connect, serving
from harness.counting import find_counter
from harness.series import Series, ratios
from harness.singles import Effort, count_singles
from harness.template import make_template

BARE = "bare"


def main() -> int:
    """Run from the command line."""
    options = _parser().parse_args()
    try:
        for major in options.majors or [15]:
            effort = Effort(options.rounds, options.times)
            _show(major, measure(major, options.setup, options.rows, effort))
    except BenchError as error:
        sys.stderr.write(f"count: {error}\n")
        return 3
    return 0


def measure(major: int, setups: Sequence[Path], rows: int, effort: Effort) -> list[Series]:
    """Return the instructions of the three statements for each of *setups* and for none."""
    variants = {BARE: None, **{setup.stem: setup for setup in setups}}
    with cluster(major) as made:
        counter = find_counter(made.folder)
        if counter is None:
            raise BenchError("neither perf's counters nor valgrind work here: not counted")
        with serving(made):
            make_template(made, rows)
            for name, setup in variants.items():
                _make_variant(made, name, setup)
        with serving(made, below=counter.below(made)), ExitStack() as opened:
            sessions = {name: opened.enter_context(connect(made, name)) for name in variants}
            return count_singles(sessions, counter, rows, effort)


def _make_variant(made: Cluster, name: str, setup: Path | None) -> None:
    with connect(made) as session:
        session.execute(f'create database "{name}" template loaded'.encode())
    if setup is not None:
        with connect(made, name) as session:
            session.execute(setup.read_text("utf-8").encode())


def _show(major: int, series: Sequence[Series]) -> None:
    against = ratios(series, BARE)
    names = list(dict.fromkeys(it.variant for it in series))
    width = max(len(name) for name in names)
    out = [f"PostgreSQL {major}, instructions a statement (and against bare; min..max)"]
    for name in names:
        cells = (
            f"{it.what.split(',')[0]} {against[name, it.what]:5.2f}"
            f"  {it.median:9,.0f} ({min(it.values):,.0f}..{max(it.values):,.0f})"
            for it in series
            if it.variant == name
        )
        out.append(f"{name:{width}}  " + "   ".join(cells))
    sys.stdout.write("\n".join(out) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, prog="count.py")
    for major in (15, 18):
        parser.add_argument(
            f"--pg{major}",
            dest="majors",
            action="append_const",
            const=major,
            help=f"count on PostgreSQL {major} (default: 15)",
        )
    parser.add_argument(
        "--setup",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="SQL that arms the table; may be given again, each is a variant",
    )
    parser.add_argument("--rows", type=int, default=50_000, help="rows of the table (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (%(default)s)")
    parser.add_argument("--times", type=int, default=40, help="executions a round (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
