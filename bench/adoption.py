"""Take a dirty live table to an enforced one while its writers go on: ``make soak-adoption``.

The hotel with a million bookings of which 8 in 100 are wrong, fifty writes a second throughout, one
in fifty of them careless: init, apply in observe, ratchet, backfill, enforce, verify; each by the
command that a user would type. Measured: the longest stall of any writer, errors that sound writers
saw, bookings that are wrong at the end, and bookings mended a second against one plain UPDATE.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.adoption import (
    COPY,
    HOTEL,
    Phase,
    Stalls,
    count_wrong,
    make_hotel,
    stalls,
    time_repair,
)
from harness.cluster import BenchError, Cluster, cluster, connect, serving
from harness.files import BENCH
from harness.traffic import Write, read
from harness.variants import interlock

_ROWS, _QUICK_ROWS = 1_000_000, 50_000
_RATE = 50
_QUIET_S = 15
_STALL_MS, _RATIO = 100, 0.5
# Whoever writes a row of a batch waits for the rest of it: shorter than a stall may be.
_BATCH_MS = 120
# As servers run that hold real bookings.
_SETTINGS = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "autovacuum=on")
_HEADS = (
    "while",
    "seconds",
    "writes",
    "median ms",
    "99 % ms",
    "longest ms",
    "what",
    "errors",
    "refused",
)


@dataclass(slots=True)
class Soak:
    """What one run found."""

    version: str
    bookings: int
    dirty: int
    phases: list[Phase] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    plain: float = 0.0
    guarded: float = 0.0
    mended: int = 0
    mended_s: float = 0.0
    wrong: int = -1

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Take down what is done in the block."""
        _say(f"PostgreSQL {self.version}: {name}")
        begun = time.time()
        yield
        self.phases.append(Phase(name, begun, time.time()))


def main() -> int:
    """Run from the command line."""
    options = _parser().parse_args()
    sound = True
    try:
        for major in options.majors or [15, 18]:
            soak = run(major, options.rows or (_QUICK_ROWS if options.quick else _ROWS))
            sys.stdout.write(report(soak) + "\n")
            sys.stdout.flush()
            sound = sound and not missed(soak)
    except BenchError as error:
        sys.stderr.write(f"soak-adoption: {error}\n")
        return 3
    return 0 if sound else 1


def run(major: int, bookings: int) -> Soak:
    """Run everything on one version of PostgreSQL."""
    with cluster(major) as made:
        with serving(made):
            _say(f"PostgreSQL {major}: making {bookings:,} bookings")
            dirty = make_hotel(made, bookings)
        with serving(made, settings=_SETTINGS):
            with connect(made) as session:
                version = session.info.parameter_status("server_version") or "unknown"
            soak = Soak(version.split()[0], bookings, dirty)
            path = made.folder / "writes.jsonl"
            with _writing(made, path):
                _adopt(made, soak)
            soak.writes = read(path)
            with connect(made, HOTEL) as session:
                soak.wrong = count_wrong(session)
    return soak


@contextmanager
def _writing(made: Cluster, path: Path) -> Iterator[None]:
    """Keep the writers of the hotel at work."""
    path.touch()
    writers = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "harness.traffic", made.dsn(HOTEL), str(_RATE), str(path)], cwd=BENCH
    )
    try:
        yield
    finally:
        writers.terminate()
        writers.wait()


def _adopt(made: Cluster, soak: Soak) -> None:
    spec, proposed = made.folder / "interlock.yaml", made.folder / "proposed.yaml"
    dsn = ("--dsn", made.dsn(HOTEL))
    both = ("--spec", str(spec), *dsn)
    with soak.phase("nothing else is done"):
        time.sleep(_QUIET_S)
    with soak.phase("one plain UPDATE, on a copy"), connect(made, COPY) as session:
        soak.plain = time_repair(session)
    with soak.phase("interlock init"):
        interlock("init", "--from-db", "hotel.room_booking", "--output", str(proposed), *dsn)
    spec.write_text((BENCH / "adoption.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with soak.phase("interlock apply (observe)"):
        interlock("apply", "--yes", *both)
    _guarded(made, soak, spec)
    with soak.phase("observe: nothing else is done"):
        time.sleep(_QUIET_S)
    with soak.phase("interlock mode booking ratchet"):
        interlock("mode", "booking", "ratchet", "--yes", *both)
    with soak.phase("interlock backfill booking"):
        interlock("backfill", "booking", "--yes", "--batch-time", str(_BATCH_MS), *both)
    _count_mended(made, soak)
    with soak.phase("interlock mode booking enforce"):
        interlock("mode", "booking", "enforce", "--yes", *both)
    with soak.phase("enforce: nothing else is done"):
        time.sleep(_QUIET_S)
    with soak.phase("interlock verify"):
        interlock("verify", *both)


def _guarded(made: Cluster, soak: Soak, spec: Path) -> None:
    """Time the plain UPDATE on a copy that is guarded: it writes a history too."""
    interlock("apply", "--yes", "--spec", str(spec), "--dsn", made.dsn(COPY))
    with soak.phase("one plain UPDATE, on a guarded copy"), connect(made, COPY) as session:
        soak.guarded = time_repair(session)


def _count_mended(made: Cluster, soak: Soak) -> None:
    with connect(made, HOTEL) as session:
        row = session.execute(
            "select count(*) from interlock.booking_audit where kind = 'backfill'"
        ).fetchone()
    phase = soak.phases[-1]
    soak.mended, soak.mended_s = (row or (0,))[0], phase.ended - phase.begun


def missed(soak: Soak) -> list[str]:
    """Return the targets that were not reached."""
    sound = [it for it in soak.writes if not it.is_careless]
    # What a checkpoint does to writers while no command of ours runs is in the table.
    ours = [it for it in stalls(soak.phases, soak.writes) if it.phase.startswith("interlock ")]
    longest = max((it.longest_ms for it in ours), default=0.0)
    errors = sum(1 for it in sound if it.error)
    # Of this table, guarded as it is by then; a bare one is not what a user has at that moment.
    ratio = soak.mended / soak.mended_s / soak.guarded if soak.mended_s else 0.0
    found = []
    if longest >= _STALL_MS:
        found.append(
            f"longest stall under a command of ours {longest:.0f} ms, not under {_STALL_MS}"
        )
    if errors:
        found.append(f"{errors} errors seen by sound writers")
    if soak.wrong:
        found.append(f"{soak.wrong} bookings are wrong at the end")
    if ratio < _RATIO:
        found.append(
            f"mended at {ratio:.2f} of one plain UPDATE of the guarded table, not {_RATIO}"
        )
    return found


def report(soak: Soak) -> str:
    """Return what was found, as text."""
    per_s = soak.mended / soak.mended_s if soak.mended_s else 0.0
    errors = {it.error for it in soak.writes if it.error and not it.is_careless}
    lines = [
        f"PostgreSQL {soak.version}: {soak.bookings:,} bookings, {soak.dirty:,} wrong;"
        f" {len(soak.writes):,} writes, {_RATE} a second",
        _table(stalls(soak.phases, soak.writes)),
        f"mended: {soak.mended:,} in {soak.mended_s:.1f} s, {per_s:,.0f} a second; one plain UPDATE"
        f" {soak.plain:,.0f} ({per_s / soak.plain:.2f}), on a guarded table {soak.guarded:,.0f}"
        f" ({per_s / soak.guarded:.2f})",
        f"wrong at the end: {soak.wrong}",
        *(f"error of a sound writer: {it}" for it in sorted(filter(None, errors))),
        *(f"missed: {it}" for it in missed(soak)),
    ]
    return "\n".join(lines) + "\n"


def _table(found: Sequence[Stalls]) -> str:
    rows = [_HEADS]
    for it in found:
        numbers = (it.median_ms, it.most_ms, it.longest_ms)
        told = (f"{it.seconds:.1f}", f"{it.writes:,}", *(f"{n:.1f}" for n in numbers))
        rows.append((it.phase, *told, it.longest, str(it.errors), str(it.refused)))
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADS))]
    cells = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in cells)


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, prog="adoption.py")
    for major in (15, 18):
        parser.add_argument(
            f"--pg{major}",
            dest="majors",
            action="append_const",
            const=major,
            help=f"only PostgreSQL {major} (default: both)",
        )
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK_ROWS:,} bookings")
    parser.add_argument("--rows", type=int, help="how many bookings")
    return parser


if __name__ == "__main__":
    sys.exit(main())
