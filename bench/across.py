"""Measure what a rule about other rows, tables or roles costs a move: part of ``make bench``.

The instructions of a check-in, counted in turns: with the machine alone; with it and a claim (a
unique index), a claim over dates (an exclusion constraint), a mirror, an authority, or an approval
that somebody else has given before; and with each of these by hand and no machine.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg
from harness.cluster import BenchError, Cluster, cluster, connect, serving
from harness.counting import Counter, find_counter
from harness.files import BENCH, SPEC, sql
from harness.series import Collected, Series, ratios
from harness.singles import WARM_UP
from harness.template import make_template
from harness.variants import BARE, interlock
from psycopg.types.numeric import Int8

_MACHINE = "machine"
_CHECK_IN = "check_in: {from: CONFIRMED, to: CHECKED_IN"
# By name, what a spec has more: what is replaced, and by what; and by hand, the files.
_MORE = {
    "claim": ("claims", "room: {resource: [assigned_room_id], in: [CHECKED_IN]}"),
    "claim over dates": (
        "claims",
        'room: {resource: [assigned_room_id], during: "daterange(check_in, check_out)",'
        " in: [CHECKED_IN]}",
    ),
    "mirror": (
        "mirrors",
        "room_is_occupied: {table: public.room, key: assigned_room_id, column: is_occupied,"
        " in: [CHECKED_IN]}",
    ),
}
_AUTHORITY, _APPROVAL, _APPROVER = "authority", "approval", "bench_approver"
# What makes a check-in good for the one who approves of it first.
_ASKED = {
    _AUTHORITY: "by: pg_monitor",
    _APPROVAL: "approvals: {count: 1}",
}
_GIVE = {
    _APPROVAL: "select interlock.approve('booking', %s, 'check_in')",
    "approval by hand": "insert into hand_approval (booking_id) values (%s)",
}
_HAND = {
    "claim by hand": ("hand_claim",),
    "claim over dates by hand": ("hand_claim_dates",),
    "mirror by hand": ("hand_mirror",),
    "mirror by hand, guarded": ("hand_mirror", "hand_mirror_guard"),
    "authority by hand": ("hand_authority",),
    "approval by hand": ("hand_approvals",),
}
_ROWS, _ROUNDS, _TIMES = 20_000, 5, 40


def main() -> int:
    """Run from the command line."""
    options = _parser().parse_args()
    try:
        for major in options.majors or [15]:
            version, counted, series = measure(major, options.rows)
            sys.stdout.write(f"PostgreSQL {version}, {counted}\n{table(series)}\n\n")
    except BenchError as error:
        sys.stderr.write(f"bench: {error}\n")
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
            names = (BARE, _MACHINE, *_MORE, *_ASKED, *_HAND)
            databases = {name: f"across_{number}" for number, name in enumerate(names)}
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
        for statement in sql("rooms").split(";\n"):
            session.execute(statement.encode())
        for file in _HAND.get(name, ()):
            text = (BENCH / "variants" / f"{file}.sql").read_text(encoding="utf-8")
            session.execute(text.encode())
    if name in (_MACHINE, *_ASKED, *_MORE):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "interlock.yaml"
            path.write_text(_spec(name), encoding="utf-8")
            interlock("apply", "--yes", "--spec", str(path), "--dsn", made.dsn(database))


def _spec(name: str) -> str:
    text = SPEC.read_text(encoding="utf-8")
    if name in _ASKED:
        return text.replace(_CHECK_IN, f"{_CHECK_IN}, {_ASKED[name]}")
    if name in _MORE:
        section, more = _MORE[name]
        return f"{text}\n    {section}:\n      {more}\n"
    return text


def _count(made: Cluster, databases: dict[str, str], counter: Counter) -> list[Series]:
    collected = Collected()
    with ExitStack() as opened:
        sessions = {n: opened.enter_context(connect(made, d)) for n, d in databases.items()}
        others = {n: opened.enter_context(_approver(made, databases[n])) for n in _GIVE}
        keys = {name: iter(range(2, 10_000_000, 2)) for name in sessions}

        def take(name: str, times: int) -> list[int]:
            taken = [next(keys[name]) for _ in range(times)]
            if other := others.get(name):
                for key in taken:
                    other.execute(_GIVE[name].encode(), [key])
            return taken

        def check_in(name: str, taken: Sequence[int]) -> None:
            for key in taken:
                statement = sql("check_in").encode()
                sessions[name].execute(statement, {"id": Int8(key)}, prepare=True)

        for name in sessions:
            check_in(name, take(name, WARM_UP))
        for _ in range(_ROUNDS):
            for name, session in sessions.items():
                nothing = counter.count(session, lambda: None)
                taken = take(name, _TIMES)
                total = counter.count(session, lambda n=name, t=taken: check_in(n, t))
                value = (total - nothing) / _TIMES
                collected.add(name, "check-in", "instructions", value)
    return collected.series()


def _approver(made: Cluster, database: str) -> psycopg.Connection:
    """Open a session of somebody else, who may read and approve."""
    session = connect(made, database)
    session.execute(
        f"do $$ begin if to_regrole('{_APPROVER}') is null then create role {_APPROVER} login;"
        " end if; end $$".encode()
    )
    session.execute(f"grant pg_read_all_data, pg_write_all_data to {_APPROVER}".encode())
    session.execute(f"set session authorization {_APPROVER}".encode())
    return session


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
    parser = argparse.ArgumentParser(description=__doc__, prog="across.py")
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
