"""A small inn: rooms that are taken while a guest is in, and bookings that say so."""

import psycopg

from pginterlock import apply, spec
from pginterlock.model import Spec

TABLES = """
create schema inn;
create table inn.room (
    id bigint primary key,
    is_taken boolean not null default false,
    is_broken boolean not null default false,
    note text
);
create table inn.booking (
    id bigint primary key,
    status text not null default 'NEW',
    room_id bigint,
    note text
);
insert into inn.room (id) select generate_series(1, 9);
"""
TEXT = """\
interlock: 1
machines:
  booking:
    table: inn.booking
    state: status
    mode: {mode}
    checks: {checks}
    modes: {{{modes}}}
    initial: [NEW]
    final: [OUT, LOST]
    transitions:
      enter: {{from: NEW, to: IN, guard: {guard}}}
      stay:  {{from: IN, to: LONG}}
      back:  {{from: [IN, LONG], to: NEW}}
      leave: {{from: [IN, LONG], to: OUT}}
      lose:  {{from: NEW, to: LOST}}
    deletion: {{from: [NEW, IN]}}
    audit: {{columns: [room_id]}}
    mirrors:
      taken: {{table: inn.room, key: room_id, column: is_taken, in: [IN, LONG]}}
"""
BARE_MIRRORS = "    mirrors:\n"
ON_ROOM = "{on: inn.room, check: not is_broken}"

# Rooms that say what the bookings do not.
WRONG = """
select r.id from inn.room as r
where r.is_taken is distinct from exists (
    select from inn.booking as b where b.room_id = r.id and b.status in ('IN', 'LONG')
)
order by r.id
"""


def inn(
    mode: str = "enforce", checks: str = "function", modes: str = "", guard: str = "id > 0"
) -> Spec:
    """Return the machine of the bookings in one of its forms."""
    text = TEXT.format(mode=mode, checks=checks, modes=modes, guard=guard)
    return spec.parse(text, "inn.yaml")


def changed(old: str, new: str, **form: str) -> Spec:
    """Return the machine with *old* replaced by *new* in its text."""
    told = {"mode": "enforce", "checks": "function", "modes": "", "guard": "id > 0", **form}
    text = TEXT.format(**told)
    assert old in text
    return spec.parse(text.replace(old, new), "inn.yaml")


def without_mirror() -> Spec:
    """Return the machine as it is without a mirror."""
    text = TEXT.format(mode="enforce", checks="function", modes="", guard="id > 0")
    return spec.parse(text.split(BARE_MIRRORS)[0], "inn.yaml")


def guard_alone() -> Spec:
    """Return the machine that looks at the room, and writes nothing there."""
    guard = "{on: inn.room, key: room_id, check: not is_broken}"
    text = TEXT.format(mode="enforce", checks="function", modes="", guard=guard)
    return spec.parse(text.split(BARE_MIRRORS)[0], "inn.yaml")


def build_bare(session: psycopg.Connection) -> None:
    """Make the tables before any machine."""
    session.execute(TABLES)


def build(session: psycopg.Connection) -> None:
    """Make the tables under the machine."""
    build_bare(session)
    apply.install(session, inn())


def build_guarded(session: psycopg.Connection) -> None:
    """Make the tables under the machine that looks at the room."""
    build_bare(session)
    apply.install(session, inn(guard=ON_ROOM))


def add(session: psycopg.Connection, number: int, room: int | None) -> None:
    """Add booking *number* for *room*."""
    session.execute("insert into inn.booking (id, room_id) values (%s, %s)", [number, room])


def move(session: psycopg.Connection, number: int, state: str) -> None:
    """Move booking *number* to *state*."""
    session.execute("update inn.booking set status = %s where id = %s", [state, number])


def enter(session: psycopg.Connection, number: int, room: int | None) -> None:
    """Add booking *number* for *room*, and let its guest in."""
    add(session, number, room)
    move(session, number, "IN")


def to_room(session: psycopg.Connection, number: int, room: int | None) -> None:
    """Move the guest of booking *number* to another room."""
    session.execute("update inn.booking set room_id = %s where id = %s", [room, number])


def taken(session: psycopg.Connection) -> list[int]:
    """Return the rooms that say they are taken."""
    rows = session.execute("select id from inn.room where is_taken order by id").fetchall()
    return [row[0] for row in rows]


def wrong(session: psycopg.Connection) -> list[int]:
    """Return the rooms that say what the bookings do not."""
    return [row[0] for row in session.execute(WRONG).fetchall()]
