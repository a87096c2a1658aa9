"""Measure what a write costs with and without us and with the peers: ``make bench``.

All variants are measured in turns within one run, on PostgreSQL 15 and 18, on private servers that
are deleted afterwards. docs/explanation/cost.md says how to read the figures.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.bulk import measure_bulk, measure_trap
from harness.clients import measure_clients
from harness.cluster import BenchError, Cluster, cluster, connect, serving
from harness.counting import Counter, find_counter
from harness.report import Run, as_json, show
from harness.series import Series
from harness.singles import Effort, Sessions, count_singles, time_singles
from harness.template import make_template
from harness.variants import BARE, Armed, all_variants, arm_all
from harness.verification import measure_verify

_TIMED = Effort(rounds=7, times=200)
_COUNTED = Effort(rounds=5, times=40)
_BULK_ROWS, _TRAP_ROWS = 100_000, 1_000
_ROWS, _QUICK_ROWS = 1_000_000, 50_000
_ROUNDS, _QUICK_ROUNDS = 5, 3
_CLIENT_SECONDS = 4


def main() -> int:
    """Run from the command line."""
    options = _parser().parse_args()
    runs = []
    try:
        for major in options.majors or [15, 18]:
            run = measure(major, options)
            runs.append(run)
            show(run, options.format)
    except BenchError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 3
    if options.json:
        options.json.write_text(as_json(runs), encoding="utf-8")
    return 0


def measure(major: int, options: argparse.Namespace) -> Run:
    """Measure everything on one version of PostgreSQL."""
    rows = options.rows or (_QUICK_ROWS if options.quick else _ROWS)
    rounds = _QUICK_ROUNDS if options.quick else _ROUNDS
    with cluster(major) as made:
        counter = find_counter(made.folder)
        with serving(made):
            _say(f"PostgreSQL {major}: loading {rows:,} rows, arming the variants")
            make_template(made, rows)
            variants = [it for it in all_variants() if it.matches(options.variants)]
            armed = arm_all(made, variants)
            version = _version(made)
            found = [] if options.instructions else _measure_plain(made, armed, rows, rounds)
            if options.clients:
                _say(f"PostgreSQL {major}: eight clients")
                found += measure_clients(made, armed.databases, rows, rounds, _CLIENT_SECONDS)
        if counter:
            _say(f"PostgreSQL {major}: counting instructions ({counter.name})")
            found = _count(made, armed, counter, rows) + found
    name = counter.name if counter else "not counted"
    return Run(version, rows, name, tuple(found), armed.missing)


def _measure_plain(made: Cluster, armed: Armed, rows: int, rounds: int) -> list[Series]:
    bulk_rows = _bulk_rows(rows)
    databases = armed.databases

    def in_sessions(measured: Callable[[Sessions], list[Series]]) -> list[Series]:
        # New ones for each part: a plan made for one row must not serve a hundred thousand.
        with _sessions(made, armed) as sessions:
            return measured(sessions)

    parts: list[tuple[str, Callable[[], list[Series]]]] = [
        (
            "single rows",
            lambda: in_sessions(lambda it: time_singles(it, rows, _TIMED, skip=bulk_rows)),
        ),
        ("many rows", lambda: in_sessions(lambda it: measure_bulk(it, bulk_rows, rounds))),
        ("mixed", lambda: measure_trap(made, databases, _TRAP_ROWS, rounds)),
        ("verify", lambda: measure_verify(made, databases, BARE, rounds)),
    ]
    found = []
    for name, part in parts:
        _say(f"PostgreSQL {_version(made)}: {name}")
        found += part()
    return found


def _count(made: Cluster, armed: Armed, counter: Counter, rows: int) -> list[Series]:
    with serving(made, below=counter.below(made)), _sessions(made, armed) as sessions:
        return count_singles(sessions, counter, rows, _COUNTED, skip=_bulk_rows(rows) + _TIMED.keys)


def _bulk_rows(rows: int) -> int:
    """Return how many rows one statement moves; the single-row statements leave these alone."""
    return min(_BULK_ROWS, rows // 10)


@contextmanager
def _sessions(made: Cluster, armed: Armed) -> Iterator[Sessions]:
    with ExitStack() as opened:
        yield {
            name: opened.enter_context(connect(made, database))
            for name, database in armed.databases.items()
        }


def _version(made: Cluster) -> str:
    with connect(made) as session:
        return session.info.parameter_status("server_version") or "unknown"


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, prog="run.py")
    for major in (15, 18):
        parser.add_argument(
            f"--pg{major}",
            dest="majors",
            action="append_const",
            const=major,
            help=f"only PostgreSQL {major} (default: both)",
        )
    parser.add_argument("--rows", type=int, help=f"rows of the table (default: {_ROWS:,})")
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK_ROWS:,} rows, fewer rounds")
    parser.add_argument("--clients", action="store_true", help="also throughput, eight clients")
    parser.add_argument(
        "--instructions", action="store_true", help="only count the instructions of single rows"
    )
    parser.add_argument(
        "--variants",
        action="append",
        metavar="TEXT",
        help="only variants whose name has TEXT in it, and bare; may be given again",
    )
    parser.add_argument("--format", choices=["text", "markdown"], default="text")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every value here")
    return parser


if __name__ == "__main__":
    sys.exit(main())
