"""Measure what a mirror costs a move: ``make bench-mirrors``.

The instructions of a check-in, which makes a room occupied, counted in turns: with the machine and
its mirror, with the machine alone, and with the mirror by hand, without and with what guards it.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from harness.cluster import BenchError, Cluster, cluster, connect, serving
from harness.counting import Counter, find_counter
from harness.files import BENCH, SPEC, sql
from harness.series import Collected, Series, ratios
from harness.singles import WARM_UP
from harness.template import make_template
from harness.variants import BARE, interlock
from psycopg.types.numeric import Int8

_MIRROR = """
    mirrors:
      room_is_occupied:
        {table: public.room, key: assigned_room_id, column: is_occupied, in: [CHECKED_IN]}
"""
_MACHINE, _MIRRORED = "machine", "machine and mirror"
_HAND, _GUARDED = "mirror by hand", "mirror by hand, guarded"
_FILES = {_HAND: ("hand_mirror",), _GUARDED: ("hand_mirror", "hand_mirror_guard")}
_ROWS, _ROUNDS, _TIMES = 20_000, 5, 40


def main() -> int:
    """Run from the command line."""
    options = _parser().parse_args()
    try:
        for major in options.majors or [15]:
            version, counted, series = measure(major, options.rows)
            sys.stdout.write(f"PostgreSQL {version}, {counted}\n{table(series)}\n\n")
    except BenchError as error:
        sys.stderr.write(f"bench-mirrors: {error}\n")
        return 3
    return 0


def measure(major: int, rows: int) -> tuple[str, str, list[Series]]:
    """Return the server's version, what counted, and the instructions of a check-in."""
    with cluster(major) as made:
        counter = find_counter(made.folder)
        if counter is None:
            raise BenchError("nothing counts instructions here: install valgrind")
        with serving(made):
            make_template(made, rows)
            names = (BARE, _MACHINE, _MIRRORED, _HAND, _GUARDED)
            databases = {name: f"mirror_{number}" for number, name in enumerate(names)}
            for name, database in databases.items():
                _arm(made, name, database)
            with connect(made) as session:
                version = session.info.parameter_status("server_version") or "unknown"
        with serving(made, below=counter.below(made)):
            return version, counter.name, _count(made, databases, counter)


def _arm(made: Cluster, name: str, database: str) -> None:
    with connect(made) as session:
        session.execute(f"create database {database} template loaded".encode())
    with connect(made, database) as session:
        for statement in sql("mirror_rooms").split(";\n"):
            session.execute(statement.encode())
        for file in _FILES.get(name, ()):
            text = (BENCH / "variants" / f"{file}.sql").read_text(encoding="utf-8")
            session.execute(text.encode())
    if name in (_MACHINE, _MIRRORED):
        text = SPEC.read_text(encoding="utf-8") + (_MIRROR if name == _MIRRORED else "")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "interlock.yaml"
            path.write_text(text, encoding="utf-8")
            interlock("apply", "--yes", "--spec", str(path), "--dsn", made.dsn(database))


def _count(made: Cluster, databases: dict[str, str], counter: Counter) -> list[Series]:
    collected = Collected()
    with ExitStack() as opened:
        sessions = {n: opened.enter_context(connect(made, d)) for n, d in databases.items()}
        keys = {name: iter(range(2, 10_000_000, 2)) for name in sessions}

        def check_in(name: str, times: int) -> None:
            for _ in range(times):
                key = {"id": Int8(next(keys[name]))}
                sessions[name].execute(sql("mirror_move").encode(), key, prepare=True)

        for name in sessions:
            check_in(name, WARM_UP)
        for _ in range(_ROUNDS):
            for name, session in sessions.items():
                nothing = counter.count(session, lambda: None)
                total = counter.count(session, lambda name=name: check_in(name, _TIMES))
                value = (total - nothing) / _TIMES
                collected.add(name, "check-in", "instructions", value)
    return collected.series()


def table(series: Sequence[Series]) -> str:
    """Return what was found as a table of Markdown, against the bare tables."""
    against = ratios(series, BARE)
    lines = ["| measured | with | median | min to max | ratio |", "|---|---|---|---|---|"]
    lines += [
        f"| {it.what} | {it.variant} | {it.median:,.0f} |"
        f" {min(it.values):,.0f} to {max(it.values):,.0f} | {against[it.variant, it.what]:.2f} |"
        for it in series
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, prog="mirrors.py")
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
