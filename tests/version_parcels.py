"""Parcels whose machine gets new versions: the state SENT is to be called ON_THE_WAY."""

import psycopg

from pginterlock import apply, spec
from pginterlock.model import Spec

SPEC = """
interlock: 1
machines:
  parcel:
    table: parcel
    state: status
    mode: enforce
    initial: [PACKED]
    final: [HERE, LOST]
    transitions:
      send:   {from: PACKED, to: SENT, guard: weight > 0}
      arrive: {from: SENT, to: HERE}
      lose:   {from: [PACKED, SENT], to: LOST, reason: required}
    stamps: {sent_at: {state: SENT, fill: always}}
    states:
      SENT: {require: [carrier], freeze: [weight]}
    invariants:
      light: {check: weight < 100, in: [SENT]}
    deletion: {from: [LOST]}
    audit: {columns: [carrier]}
"""
TABLE = """
    create table parcel (
        id int primary key, status TYPE not null, weight int not null default 1,
        carrier text, sent_at timestamptz, note text
    )
"""


def first(**changes: str) -> Spec:
    """Return the spec as it was; *changes* replace a key's line, such as ``mode='observe'``."""
    return spec.parse(_changed(SPEC, changes), "first.yaml")


def renamed(**changes: str) -> Spec:
    """Return the spec in which SENT is called ON_THE_WAY."""
    text = SPEC.replace("SENT", "ON_THE_WAY")
    text = text.replace("{require: [carrier]", "{renamed_from: SENT, require: [carrier]")
    return spec.parse(_changed(text, changes), "second.yaml")


def of(text: str) -> Spec:
    """Return any spec."""
    return spec.parse(text, "spec.yaml")


def _changed(text: str, changes: dict[str, str]) -> str:
    lines = text.splitlines()
    for key, value in changes.items():
        [place] = [n for n, line in enumerate(lines) if line.strip().startswith(f"{key}:")]
        indent = len(lines[place]) - len(lines[place].lstrip())
        lines[place] = f"{' ' * indent}{key}: {value}"
    return "\n".join(lines) + "\n"


def make(session: psycopg.Connection, state_type: str = "text") -> None:
    """Make the table, three parcels that were there before, and the machine."""
    session.execute(TABLE.replace("TYPE", state_type).encode())
    session.execute(
        "insert into parcel (id, status) select n, 'PACKED' from generate_series(1, 3) n"
    )
    apply.install(session, first())


def send(session: psycopg.Connection, *keys: int, to: str = "SENT") -> None:
    """Send the parcels with *keys*."""
    session.execute(
        f"update parcel set status = '{to}', carrier = 'post' where id = any(%s)".encode(),
        [list(keys)],
    )


def standing(session: psycopg.Connection) -> dict[str, int]:
    """Return how many parcels stand in each state."""
    rows = session.execute("select status::text, count(*) from parcel group by 1 order by 1")
    return dict(rows.fetchall())


def entries(session: psycopg.Connection, key: int) -> list[tuple[object, ...]]:
    """Return the history of one parcel."""
    return session.execute(
        "select kind, event, from_state, to_state from interlock.parcel_audit"
        " where key_id = %s order by id",
        [key],
    ).fetchall()
