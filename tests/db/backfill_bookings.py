"""Bookings of a hotel that were there before their machine, some of them wrong: for backfill."""

import psycopg

from pginterlock import apply, backfill, spec
from pginterlock.backfill import Asked, Choice, Done, Outlook, Pace
from pginterlock.model import Spec
from pginterlock.verify import Scope, verify
from pginterlock.waiting import Waiting

TABLE = """
create table booking (
    id bigint primary key,
    status text not null,
    room int,
    nights int not null default 1,
    price numeric(8, 2) not null default 100,
    note text,
    checked_in_at timestamptz,
    checked_out_at timestamptz,
    cancelled_at timestamptz,
    updated_at timestamptz not null default '2026-03-01 10:00+00'
)
"""
# Eight in a hundred are wrong: id % 100 says how.
ROWS = """
insert into booking (id, status, room, checked_in_at, checked_out_at, cancelled_at, updated_at)
select
    n,
    case
        when n % 100 = 3 then 'Confirmed '
        when n % 4 = 0 then 'CHECKED_OUT'
        when n % 4 = 1 then 'CHECKED_IN'
        when n % 4 = 2 then 'CANCELLED'
        else 'CONFIRMED'
    end,
    case when n % 4 in (0, 1) or n % 100 in (6, 7) then n % 9 + 1 end,
    case
        when n % 100 in (1, 8) then null
        when n % 4 in (0, 1) or n % 100 in (7, 11) then timestamptz '2026-01-01 14:00+00'
    end,
    case when n % 4 = 0 and n % 100 <> 4 then timestamptz '2026-01-04 09:00+00' end,
    case when n % 4 = 2 and n % 100 <> 2 then timestamptz '2026-01-02 09:00+00' end,
    timestamptz '2026-02-01 10:00+00' + make_interval(mins => n % 1000)
from generate_series(1, {count}) as n
"""
SPEC = """
interlock: 1
machines:
  booking:
    table: booking
    state: status
    mode: {mode}
    checks: {checks}
    initial: [CONFIRMED]
    final: [CHECKED_OUT, CANCELLED]
    transitions:
      check_in:  {{from: CONFIRMED, to: CHECKED_IN}}
      check_out: {{from: CHECKED_IN, to: CHECKED_OUT}}
      cancel:    {{from: CONFIRMED, to: CANCELLED}}
    stamps:
      checked_in_at: CHECKED_IN
      checked_out_at: CHECKED_OUT
      cancelled_at: CANCELLED
    states:
      CHECKED_IN: {{require: [room]}}
      CANCELLED: {{clear: [room]}}
    invariants:
      pays: price > 0
    audit: {{columns: [room]}}
    {more}
"""
DECLARED = "repairs: {in_late: {when: status = 'CHECKED_IN' and checked_in_at is null," + (
    " set: {checked_in_at: updated_at - interval '1 hour'}}}"
)


def wanted(more: str = "", mode: str = "observe", checks: str = "function") -> Spec:
    """Return the spec of the bookings, with *more* at its end."""
    return spec.parse(SPEC.format(more=more, mode=mode, checks=checks), "spec.yaml")


def changed(old: str, new: str, mode: str = "ratchet") -> Spec:
    """Return the spec of the bookings with *new* for *old*."""
    text = SPEC.format(more="", mode=mode, checks="function")
    assert old in text
    return spec.parse(text.replace(old, new), "spec.yaml")


def build(session: psycopg.Connection, count: int = 1000) -> None:
    """Make the bookings, and put them under a machine that observes."""
    session.execute(TABLE.encode())
    session.execute(ROWS.format(count=count).encode())
    session.execute("analyze booking")
    apply.install(session, wanted())


def prepared(
    session: psycopg.Connection, of: Spec | None = None, choice: Choice | None = None
) -> Asked:
    """Return the backfill of the bookings."""
    return backfill.prepare(session, of or wanted(), "booking", choice or Choice())


def look(
    session: psycopg.Connection, of: Spec | None = None, choice: Choice | None = None
) -> Outlook:
    """Return what a backfill would do."""
    return backfill.look(session, prepared(session, of, choice))


def run(
    session: psycopg.Connection,
    of: Spec | None = None,
    pace: Pace | None = None,
    choice: Choice | None = None,
) -> Done:
    """Repair the bookings; a row that is held is not waited for long."""
    how = pace or Pace(waiting=Waiting(50, 0.5))
    return backfill.run(session, prepared(session, of, choice), how)


def findings(session: psycopg.Connection, of: Spec | None = None) -> list[str]:
    """Return what verify finds of rows and history."""
    scope = Scope(probes=False)
    return [it.code for it in verify(session, of or wanted(), scope=scope).findings]
