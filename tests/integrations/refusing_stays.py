"""Stays in rooms, and a write for each way in which a database refuses: for tests of clients."""

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict

from pginterlock import apply, spec

TABLES = """
create table room (id int primary key, is_taken boolean not null default false);
create table stay (
    id int primary key,
    status text not null default 'NEW',
    room int,
    desk int,
    nights daterange,
    paid_at timestamptz,
    arrived_at timestamptz,
    note text
);
insert into room (id) values (1), (2);
"""
TEXT = """
interlock: 1
machines:
  stay:
    table: public.stay
    state: status
    mode: enforce
    initial: [NEW]
    final: [OUT, LOST, CLOSED]
    transitions:
      pay:   {from: NEW, to: PAID, guard: paid_at is not null}
      enter: {from: PAID, to: IN}
      leave: {from: IN, to: OUT}
      lose:  {from: [NEW, PAID], to: LOST, reason: required}
      close: {from: NEW, to: CLOSED, approvals: {count: 2}}
    stamps: {arrived_at: IN}
    states:
      IN:  {require: [room]}
      OUT: {freeze: [room]}
    invariants: {note_is_kind: note is null or note <> 'unkind'}
    claims:
      room: {resource: room, during: nights, in: [IN]}
      desk: {resource: desk, in: [IN]}
    mirrors: {taken: {table: public.room, key: room, column: is_taken, in: [IN]}}
    deletion: {from: [NEW]}
"""
_ROWS = """
insert into stay (id, paid_at) values (1, null), (2, now()), (3, now()), (4, now()), (5, now());
update stay set status = 'PAID' where id > 1;
update stay set status = 'IN', room = 1, desk = 7, nights = '[2026-01-01, 2026-01-09)' where id = 2;
update stay set status = 'IN', room = 2, nights = '[2026-01-01, 2026-01-09)' where id = 3;
update stay set status = 'OUT' where id = 3;
"""
# A name, the rule's code, the SQLSTATE, the constraint, and the write. 2 is in, 3 was.
CASES = [
    ("IL01", "23514", "stay.transition", "update stay set status = 'IN' where id = 1"),
    ("IL02", "23514", "stay.birth", "insert into stay (id, status) values (9, 'PAID')"),
    ("IL03", "23514", "stay.death", "delete from stay where id = 2"),
    ("IL04", "23514", "stay.guard", "update stay set status = 'PAID' where id = 1"),
    ("IL05", "23514", "stay.approval", "update stay set status = 'CLOSED' where id = 1"),
    ("IL06", "23514", "stay.attribution", "update stay set status = 'LOST' where id = 1"),
    ("IL07", "23514", "stay.freeze", "update stay set room = 1 where id = 3"),
    ("IL08", "23514", "stay.stale", "select interlock.fire('stay', 1, 'pay', expect => 'IN')"),
    ("IL09", "23514", "stay.mirror", "update room set is_taken = false where id = 1"),
    ("IL11", "23514", "stay.known_state", "update stay set status = 'AWAY' where id = 1"),
    ("IL12", "23514", "stay.stamp", "update stay set arrived_at = now() where id = 1"),
    ("IL13", "23514", "stay.state_row", "update stay set room = null where id = 2"),
    ("IL14", "23514", "stay.invariant", "update stay set note = 'unkind' where id = 1"),
    ("IL15", "23514", "stay.claim", "update stay set nights = null where id = 2"),
    (
        "IL15",
        "23P01",
        "interlock_stay_claim_room",
        "update stay set status = 'IN', room = 1, nights = '[2026-01-05, 2026-01-06)' where id = 4",
    ),
    (
        "IL15",
        "23505",
        "interlock_stay_claim_desk",
        "update stay set status = 'IN', room = 2, desk = 7, nights = '[2027-01-01, 2027-01-02)'"
        " where id = 4",
    ),
]


def build(session: psycopg.Connection) -> None:
    """Make the tables, put them under the machine, and let stays come and go."""
    session.execute(TABLES.encode())
    apply.install(session, spec.parse(TEXT, "stays.yaml"))
    session.execute(_ROWS.encode())


def url(dsn: str, driver: str) -> sa.URL:
    """Return where *dsn* is, for an engine with *driver*."""
    parts = {key: str(value) for key, value in conninfo_to_dict(dsn).items()}
    where = {"host": parts["host"], "port": parts["port"]}
    return sa.URL.create(
        f"postgresql+{driver}", parts["user"], database=parts["dbname"], query=where
    )


def address(dsn: str) -> str:
    """Return where *dsn* is, as a URL for drivers that read one."""
    return url(dsn, "asyncpg").set(drivername="postgresql").render_as_string()
