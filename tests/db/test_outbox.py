"""The outbox: what is delivered is what was committed, once, in an order that can be relied on."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from pginterlock import apply, outbox, spec
from pginterlock.audit import Entry
from pginterlock.errors import EnvironmentFault, UsageError

Connect = Callable[..., psycopg.Connection]

SPEC = """
interlock: 1
machines:
  parcel:
    {table: parcel, state: status, mode: enforce, initial: [HERE],
     transitions: {go: {from: HERE, to: THERE}, come: {from: THERE, to: HERE}},
     outbox: {channel: parcels}}
  box:
    {table: box, state: status, mode: enforce, initial: [OPEN],
     transitions: {shut: {from: OPEN, to: SHUT}, open: {from: SHUT, to: OPEN}}}
"""


def build_parcels(session: psycopg.Connection) -> None:
    session.execute(
        "create table parcel (id int primary key, status text not null);"
        "create table box (id int primary key, status text not null);"
        "create table elsewhere (n int)"
    )
    apply.install(session, spec.parse(SPEC, "spec.yaml"))
    session.execute("insert into parcel select n, 'HERE' from generate_series(1, 9) as n")
    session.execute("insert into box select n, 'OPEN' from generate_series(1, 9) as n")


@pytest.fixture
def parcels(make_database: Callable[..., str]) -> str:
    """Nine parcels and nine boxes under their machines."""
    return make_database("outbox", build_parcels)


@pytest.fixture
def session(parcels: str, connect: Connect) -> psycopg.Connection:
    """A session that writes, in autocommit."""
    return connect(parcels, autocommit=True)


@pytest.fixture
def reader(parcels: str, connect: Connect) -> psycopg.Connection:
    """A session that consumes."""
    return connect(parcels)


def go(session: psycopg.Connection, key: int) -> None:
    session.execute("update parcel set status = 'THERE' where id = %s", [key])


def come(session: psycopg.Connection, key: int) -> None:
    session.execute("update parcel set status = 'HERE' where id = %s", [key])


def keys(entries: Sequence[Entry]) -> list[tuple[object, str | None]]:
    return [(it.key["id"], it.to_state) for it in entries]


def test_a_new_cursor_delivers_everything_from_the_beginning(reader: psycopg.Connection) -> None:
    found = list(outbox.consume(reader, "all"))

    assert [(it.machine, it.key["id"]) for it in found] == [
        *(("parcel", n) for n in range(1, 10)),
        *(("box", n) for n in range(1, 10)),
    ]


@pytest.mark.parametrize("batch", [1, 2, 3, 500])
def test_a_cursor_goes_on_where_it_was(
    session: psycopg.Connection, reader: psycopg.Connection, batch: int
) -> None:
    before = list(outbox.consume(reader, "c", machines=["parcel"], batch=batch))
    go(session, 1)
    come(session, 1)

    after = list(outbox.consume(reader, "c", batch=batch))

    assert len(before) == 9
    assert keys(after) == [(1, "THERE"), (1, "HERE")]
    assert list(outbox.consume(reader, "c", batch=batch)) == []


def test_from_now_on_is_all_that_is_not_decided_now(
    parcels: str, session: psycopg.Connection, reader: psycopg.Connection, connect: Connect
) -> None:
    early = connect(parcels)
    go(early, 1)
    go(session, 2)
    assert list(outbox.consume(reader, "c", machines=["parcel"], start="now")) == []
    go(session, 3)
    early.commit()

    assert keys(list(outbox.consume(reader, "c"))) == [(1, "THERE"), (3, "THERE")]


def test_an_entry_of_a_transaction_that_stayed_open_is_delivered(
    parcels: str, session: psycopg.Connection, reader: psycopg.Connection, connect: Connect
) -> None:
    late = connect(parcels)
    list(outbox.consume(reader, "c"))
    go(late, 1)
    for n in (2, 3, 4):
        go(session, n)
        assert keys(list(outbox.consume(reader, "c"))) == [(n, "THERE")]

    late.commit()

    assert keys(list(outbox.consume(reader, "c"))) == [(1, "THERE")]


def test_a_transaction_that_began_early_and_moved_late_comes_after_what_it_saw(
    parcels: str, session: psycopg.Connection, reader: psycopg.Connection, connect: Connect
) -> None:
    """The one in the middle keeps the lowest open transaction between the other two."""
    list(outbox.consume(reader, "c"))
    early, middle = connect(parcels), connect(parcels)
    early.execute("insert into elsewhere values (1)")
    middle.execute("insert into elsewhere values (2)")
    go(session, 1)
    come(early, 1)
    early.commit()

    found = list(outbox.consume(reader, "c"))

    assert keys(found) == [(1, "THERE"), (1, "HERE")]
    assert found[1].transaction_id < found[0].transaction_id


def test_a_break_keeps_nothing_and_a_block_keeps_what_was_handed_out(
    reader: psycopg.Connection,
) -> None:
    for entry in outbox.consume(reader, "c", machines=["parcel"]):
        if entry.key["id"] == 3:
            break
    del entry
    reader.rollback()

    with outbox.consume(reader, "c") as entries:
        for entry in entries:
            if entry.key["id"] == 4:
                break

    assert [it.key["id"] for it in outbox.consume(reader, "c")] == [5, 6, 7, 8, 9]


def test_a_listener_is_woken_by_an_entry_and_polls_for_the_rest(
    parcels: str, session: psycopg.Connection, reader: psycopg.Connection
) -> None:
    """With a minute between polls, only being woken can bring the entry in time."""
    following = outbox.consume(reader, "c", machines=["parcel"], follow=True, wait_s=60, batch=9)
    for _ in range(9):
        next(following)

    with ThreadPoolExecutor() as pool:
        late = pool.submit(next, following)
        wait_until_waiting(session, reader)
        go(session, 1)
        entry = late.result(timeout=20)

    assert keys([entry]) == [(1, "THERE")]
    following.close()
    assert reader.execute("select count(*) from pg_listening_channels()").fetchone() == (0,)


def test_without_a_channel_a_poll_brings_the_entry(
    session: psycopg.Connection, reader: psycopg.Connection
) -> None:
    following = outbox.consume(
        reader, "c", machines=["box"], start="now", follow=True, wait_s=0.02, listen=False
    )
    with ThreadPoolExecutor() as pool, following:
        late = pool.submit(next, following)
        wait_until_made(session, "c")
        session.execute("update box set status = 'SHUT' where id = 1")

        assert late.result(timeout=20).event == "shut"


def wait_until_waiting(watcher: psycopg.Connection, session: psycopg.Connection) -> None:
    """Return as soon as *session* has polled and does nothing more."""
    asked = "select state = 'idle' and query = 'ROLLBACK' and state_change < clock_timestamp()"
    asked += " - interval '0.2 s' from pg_stat_activity where pid = %s"
    for _ in range(2000):
        if watcher.execute(asked.encode(), [session.info.backend_pid]).fetchone() == (True,):
            return
        time.sleep(0.005)
    pytest.fail("the consumer never waited")


def wait_until_made(watcher: psycopg.Connection, name: str) -> None:
    made = "select from interlock.outbox_cursor where cursor_name = %s"
    for _ in range(2000):
        if watcher.execute(made, [name]).rowcount:
            return
        time.sleep(0.005)
    pytest.fail("the cursor was never made")
