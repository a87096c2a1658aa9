"""Measure what the mode of a machine costs: ``make bench-modes``.

The instructions of the three sound writes in observe, ratchet and enforce, counted in turns; and
the time of a write that breaks a rule: recorded in observe, refused in enforce.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg
from harness.cluster import BenchError, Cluster, cluster, connect, serving
from harness.counting import find_counter
from harness.cpu import cpu_ns
from harness.files import SPEC, sql
from harness.series import Collected, Series, ratios
from harness.singles import Effort, count_singles
from harness.template import make_template
from harness.variants import interlock

_BASE = "enforce, checks: trigger"
# Name to the mode and to what holds the row rules: in observe and ratchet that is the trigger.
_VARIANTS = {
    _BASE: ("enforce", "trigger"),
    "enforce, checks: function": ("enforce", "function"),
    "ratchet": ("ratchet", "function"),
    "observe": ("observe", "function"),
}
_COUNTED = Effort(rounds=5, times=40)
_ROWS = 20_000
_BROKEN, _BROKEN_ROUNDS = 100, 7


def main() -> int:
    """Run from the command line."""
    options = _parser().parse_args()
    try:
        for major in options.majors or [15]:
            version, series = measure(major, options.rows)
            sys.stdout.write(f"PostgreSQL {version}\n{table(series)}\n\n")
    except BenchError as error:
        sys.stderr.write(f"bench-modes: {error}\n")
        return 3
    return 0


def measure(major: int, rows: int) -> tuple[str, list[Series]]:
    """Measure everything on one version of PostgreSQL; return its number and what was found."""
    with cluster(major) as made:
        counter = find_counter(made.folder)
        with serving(made):
            make_template(made, rows)
            databases = {name: f"mode_{number}" for number, name in enumerate(_VARIANTS)}
            for name, database in databases.items():
                _arm(made, database, *_VARIANTS[name])
            with connect(made) as session:
                version = session.info.parameter_status("server_version") or "unknown"
            found = _broken(made, databases, rows)
        if counter:
            with serving(made, below=counter.below(made)), ExitStack() as opened:
                sessions = {n: opened.enter_context(connect(made, d)) for n, d in databases.items()}
                found = count_singles(sessions, counter, rows, _COUNTED) + found
    return version, found


def _arm(made: Cluster, database: str, mode: str, checks: str) -> None:
    with connect(made) as session:
        session.execute(f"create database {database} template loaded".encode())
    text = SPEC.read_text(encoding="utf-8").replace("mode: enforce", f"mode: {mode}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interlock.yaml"
        path.write_text(text.replace("checks: function", f"checks: {checks}"), encoding="utf-8")
        interlock("apply", "--yes", "--spec", str(path), "--dsn", made.dsn(database))


def _broken(made: Cluster, databases: dict[str, str], rows: int) -> list[Series]:
    """Return the time of a write that breaks a rule: of the server's CPU, and by the clock."""
    collected = Collected()
    with ExitStack() as opened:
        sessions = {n: opened.enter_context(connect(made, d)) for n, d in databases.items()}
        keys = {name: iter(range(1, rows, 2)) for name in sessions}  # moves use the even ones
        for session_round in range(_BROKEN_ROUNDS + 1):
            for name, session in sessions.items():
                began, busy = time.monotonic_ns(), cpu_ns(session)
                for _ in range(_BROKEN):
                    _try(session, next(keys[name]))
                took, busy = time.monotonic_ns() - began, cpu_ns(session) - busy
                if session_round:  # the first one warms up
                    for what, spent in (("CPU", busy), ("clock", took)):
                        value = spent / _BROKEN / 1000
                        collected.add(name, f"a write that breaks a rule, {what}", "µs", value)
    return collected.series()


def _try(session: psycopg.Connection, key: int) -> None:
    try:
        session.execute(sql("broken").encode(), {"id": key}, prepare=True)
    except psycopg.errors.CheckViolation:
        return


def table(series: Sequence[Series]) -> str:
    """Return what was found as a table of Markdown, against enforce by the same mechanism."""
    against = ratios(series, _BASE)
    lines = ["| measured | mode | median | min to max | ratio |", "|---|---|---|---|---|"]
    lines += [
        f"| {it.what} | {it.variant} | {it.median:,.0f} {it.unit} |"
        f" {min(it.values):,.0f} to {max(it.values):,.0f} |"
        f" {against[it.variant, it.what]:.2f} |"
        for it in series
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, prog="modes.py")
    for major in (15, 18):
        parser.add_argument(
            f"--pg{major}",
            dest="majors",
            action="append_const",
            const=major,
            help=f"measure on PostgreSQL {major} (default: 15)",
        )
    parser.add_argument("--rows", type=int, default=_ROWS, help="rows of the table (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
