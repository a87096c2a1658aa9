"""What is measured: the bare table, ours in its three forms, the peers, and the floor by hand.

A variant is a list of steps that arm the table of one database. Ours is armed as users arm theirs:
by the command ``interlock apply``.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cluster import BenchError, Cluster, connect
from harness.files import BENCH, ROOT, SPEC
from harness.template import TEMPLATE

Step = Callable[[Cluster, str], None]
BARE = "bare"
_SHOWN = 20  # lines of a command that failed
CHECKS = ("function", "native", "trigger")


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to guard the table; *steps* arm it."""

    name: str
    database: str
    steps: tuple[Step, ...]

    def matches(self, texts: Sequence[str] | None) -> bool:
        """Say whether to measure this one when only names with one of *texts* are asked for."""
        return self.name == BARE or texts is None or any(text in self.name for text in texts)


@dataclass(frozen=True, slots=True)
class Armed:
    """The variants that stand ready, and why others do not."""

    databases: dict[str, str]
    missing: dict[str, str]


def ours(checks: str) -> str:
    """Return the name of our variant with *checks*."""
    return f"ours, checks: {checks}"


FLOOR = {"trigger": "by hand, trigger", "function": "by hand, trigger and CHECK"}
TEN_CHECKS = "ten CHECKs"
PEERS = "pgtrigger + pghistory"
PEERS_AND_CHECKS = "pgtrigger + pghistory + ten CHECKs"
AUDIT = "postgresql-audit"


def all_variants() -> list[Variant]:
    """Return every variant, in the order of the report."""
    trigger, check = _file("floor_trigger"), _file("floor_check")
    ten = _file("ten_checks")
    django = _program("peers.django_setup")
    return [
        Variant(BARE, "bare", ()),
        *(Variant(ours(it), f"ours_{it}", (_apply(it),)) for it in CHECKS),
        Variant(FLOOR["trigger"], "hand_trigger", (trigger,)),
        Variant(FLOOR["function"], "hand_function", (trigger, check)),
        Variant(TEN_CHECKS, "ten_checks", (ten,)),
        Variant(PEERS, "peers", (django,)),
        Variant(PEERS_AND_CHECKS, "peers_checks", (django, ten)),
        Variant(AUDIT, "audit", (_program("peers.audit_setup"),)),
    ]


def arm_all(served: Cluster, variants: Sequence[Variant]) -> Armed:
    """Make a database from the template for each of *variants* and arm its table."""
    armed = Armed({}, {})
    for variant in variants:
        try:
            with connect(served) as session:
                session.execute(
                    f"create database {variant.database} template {TEMPLATE} "
                    "strategy file_copy".encode()
                )
            for step in variant.steps:
                step(served, variant.database)
            with connect(served, variant.database) as session:
                session.execute("vacuum analyze")
            armed.databases[variant.name] = variant.database
        except BenchError as error:
            armed.missing[variant.name] = str(error)
    return armed


def write_spec(folder: Path, checks: str) -> Path:
    """Write the spec of the bench with *checks*, and return where."""
    path = folder / "interlock.yaml"
    text = SPEC.read_text(encoding="utf-8")
    path.write_text(text.replace("checks: function", f"checks: {checks}"), encoding="utf-8")
    return path


def interlock(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """Run one command of ours and return what it printed."""
    return _run([sys.executable, "-m", "pginterlock", *arguments], ROOT / "cli", environment)


def _apply(checks: str) -> Step:
    def step(served: Cluster, database: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            spec = write_spec(Path(folder), checks)
            interlock("apply", "--yes", "--spec", str(spec), "--dsn", served.dsn(database))

    return step


def _file(name: str) -> Step:
    def step(served: Cluster, database: str) -> None:
        text = (BENCH / "variants" / f"{name}.sql").read_text(encoding="utf-8")
        with connect(served, database) as session:
            session.execute(text.encode())

    return step


def _program(module: str) -> Step:
    def step(served: Cluster, database: str) -> None:
        _run([sys.executable, "-m", module, served.dsn(database)], BENCH)

    return step


def _run(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["no message"]
        told = "\n".join(lines[-_SHOWN:])
        raise BenchError(f"{' '.join(command[2:4])} ended with {done.returncode}:\n{told}")
    return done.stdout
