"""Make the hotel in an empty database: tables, rooms, bookings, and the machine if asked for."""

from pathlib import Path

import psycopg

from pginterlock import apply
from pginterlock.model import Spec

_HERE = Path(__file__).parent
SPEC = _HERE / "interlock.yaml"


def build(session: psycopg.Connection, machine: Spec | None = None) -> None:
    """Make the hotel as it was before any machine, then install *machine*."""
    for name in ("schema.sql", "bookings.sql"):
        session.execute((_HERE / name).read_bytes())
    if machine:
        apply.install(session, machine)
