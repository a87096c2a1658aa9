"""Measure histories of a million entries and more: ``make bench-history``.

Replay (and seal) of all entries against a plain ordered read of the same columns, in turns; and the
instructions of one write with 0, 1 and 10 million entries behind it.
"""

import argparse
import sys
from collections.abc import Sequence

from harness.cluster import BenchError, Cluster, cluster, connect, serving
from harness.counting import find_counter
from harness.files import SPEC, sql
from harness.histories import (
    NOTHING,
    ORDERED_READ,
    Sizes,
    add_entries,
    clone,
    count_writes,
    give_lives,
    measure_reading,
    measure_seals,
)
from harness.series import Series, ratios
from harness.singles import Effort
from harness.template import make_template
from harness.variants import interlock

_COUNTED = Effort(rounds=5, times=40)
_BOOKINGS, _QUICK_BOOKINGS = 50_000, 5_000
_MILLION, _QUICK_MILLION = 1_000_000, 50_000
_TEN = 10
_ROUNDS, _QUICK_ROUNDS = 7, 3
_HEADS = ("measured", "what", "median", "min to max", "ratio")
_MANY = 100


def main() -> int:
    """Run from the command line."""
    options = _parser().parse_args()
    try:
        for major in options.majors or [15, 18]:
            version, series = measure(major, quick=options.quick)
            sys.stdout.write(f"PostgreSQL {version}\n{table(series)}\n\n")
            sys.stdout.flush()
    except BenchError as error:
        sys.stderr.write(f"bench-history: {error}\n")
        return 3
    return 0


def measure(major: int, *, quick: bool) -> tuple[str, list[Series]]:
    """Measure everything on one version of PostgreSQL; return its number and what was found."""
    bookings = _QUICK_BOOKINGS if quick else _BOOKINGS
    million = _QUICK_MILLION if quick else _MILLION
    behind = {NOTHING: "none", f"{million:,} behind": "one", f"{_TEN * million:,} behind": "ten"}
    with cluster(major) as made:
        counter = find_counter(made.folder)
        with serving(made):
            version = _arm(made, bookings)
            clone(made, "one", "none")
            _say(f"PostgreSQL {version}: writing {million:,} entries")
            with connect(made, "one") as session:
                give_lives(session, Sizes(bookings, million))
            _say(f"PostgreSQL {version}: reading them")
            spec_text = SPEC.read_text(encoding="utf-8")
            found = measure_reading(made, "one", spec_text, _QUICK_ROUNDS if quick else _ROUNDS)
            _say(f"PostgreSQL {version}: sealing them")
            found += measure_seals(made, "one", _QUICK_ROUNDS)
            clone(made, "ten", "one")
            _say(f"PostgreSQL {version}: adding {(_TEN - 1) * million:,} entries")
            with connect(made, "ten") as session:
                add_entries(session, (_TEN - 1) * million, bookings)
        if counter:
            _say(f"PostgreSQL {version}: counting instructions ({counter.name})")
            with serving(made, below=counter.below(made)):
                found += count_writes(made, behind, counter, bookings, _COUNTED)
    return version, found


def _arm(made: Cluster, bookings: int) -> str:
    make_template(made, bookings)
    clone(made, "none")
    with connect(made, "none") as session:
        session.execute(sql("history_rows").encode())
        session.execute("vacuum analyze")
        version = session.info.parameter_status("server_version") or "unknown"
    interlock("apply", "--yes", "--spec", str(SPEC), "--dsn", made.dsn("none"))
    return version


def table(series: Sequence[Series]) -> str:
    """Return what was found as a table of plain text, against the floor of each thing measured."""
    against = {}
    for base in (NOTHING, ORDERED_READ):
        measured = {it.what for it in series if it.variant == base}
        against |= ratios([it for it in series if it.what in measured], base)
    rows = [_HEADS]
    for it in series:
        ratio = against.get((it.variant, it.what))
        rows.append(
            (
                it.what,
                it.variant,
                f"{_number(it.median)} {it.unit}",
                f"{_number(min(it.values))} to {_number(max(it.values))}",
                "" if ratio is None else f"{ratio:.2f}",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADS))]
    cells = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in cells)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= _MANY else f"{value:.2f}"


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, prog="history.py")
    for major in (15, 18):
        parser.add_argument(
            f"--pg{major}",
            dest="majors",
            action="append_const",
            const=major,
            help=f"only PostgreSQL {major} (default: both)",
        )
    parser.add_argument("--quick", action="store_true", help="a twentieth of the entries")
    return parser


if __name__ == "__main__":
    sys.exit(main())
