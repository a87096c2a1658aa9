"""The files that the benchmark reads."""

from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parent
SPEC = BENCH / "interlock.yaml"


def sql(name: str) -> str:
    """Return the text of one file of ``bench/sql``."""
    return (BENCH / "sql" / f"{name}.sql").read_text(encoding="utf-8")
