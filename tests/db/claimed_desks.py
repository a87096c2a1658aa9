"""A small table with two claims: a room for a range of days, and a desk without one."""

import psycopg

from pginterlock import spec
from pginterlock.model import Spec

TABLE = """
create schema office;
create table office.booking (
    id bigint primary key,
    status text not null default 'NEW',
    room integer,
    starts date,
    ends date,
    desk integer
);
"""
TEXT = """
interlock: 1
machines:
  booking:
    table: office.booking
    state: status
    mode: {mode}
    checks: {checks}
    initial: [NEW]
    final: [DONE, LOST]
    transitions:
      hold:   {{from: NEW,  to: HELD}}
      use:    {{from: HELD, to: USED}}
      back:   {{from: HELD, to: NEW}}
      finish: {{from: USED, to: DONE}}
      lose:   {{from: [NEW, HELD], to: LOST}}
    claims:
      room: {{resource: room, during: "daterange(starts, ends)", in: [HELD, USED]}}
      desk: {{resource: [desk], in: [HELD, USED]}}
"""


def office(mode: str = "enforce", checks: str = "function") -> Spec:
    """Return the machine of the table in one of its forms."""
    return spec.parse(TEXT.format(mode=mode, checks=checks), "office.yaml")


def changed(old: str, new: str, mode: str = "enforce") -> Spec:
    """Return the machine with *old* replaced by *new* in its text."""
    text = TEXT.format(mode=mode, checks="function")
    assert old in text
    return spec.parse(text.replace(old, new), "office.yaml")


def build_bare(session: psycopg.Connection) -> None:
    """Make the table before any machine."""
    session.execute(TABLE)


def add(
    session: psycopg.Connection,
    number: int,
    *,
    room: int | None = None,
    desk: int | None = None,
    days: tuple[int, int] = (1, 3),
    status: str = "NEW",
) -> None:
    """Add booking *number*, from one day of January to another."""
    session.execute(
        "insert into office.booking values (%s, %s, %s, date '2026-01-01' + %s,"
        " date '2026-01-01' + %s, %s)",
        [number, status, room, *days, desk],
    )


def hold(session: psycopg.Connection, number: int) -> None:
    """Move booking *number* to where it holds what it names."""
    session.execute("update office.booking set status = 'HELD' where id = %s", [number])
