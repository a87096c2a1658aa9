"""The outbox: what is delivered is what was committed, once, in an order that can be relied on."""

import asyncio
import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Json

from pginterlock import apply, outbox, spec, uninstall
from pginterlock.audit import Entry
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.verify import Scope, verify

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


def test_a_listener_is_woken_by_an_entry(
    session: psycopg.Connection, reader: psycopg.Connection
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


def test_an_entry_is_not_passed_over_by_later_ones_that_were_committed_before(
    parcels: str, session: psycopg.Connection, reader: psycopg.Connection, connect: Connect
) -> None:
    """The transaction of the lower id lies beyond the end of the first snapshot, and has begun."""
    list(outbox.consume(reader, "c"))
    early, late = connect(parcels), connect(parcels)
    early.execute("insert into elsewhere values (1)")
    go(late, 1)
    go(early, 2)
    early.commit()
    assert keys(list(outbox.consume(reader, "c"))) == [(2, "THERE")]

    late.commit()

    assert keys(list(outbox.consume(reader, "c"))) == [(1, "THERE")]
    assert session.execute("select count(*) from interlock.parcel_audit").fetchone() == (11,)


def test_what_a_consumer_moves_itself_is_delivered_later(
    session: psycopg.Connection, reader: psycopg.Connection
) -> None:
    list(outbox.consume(reader, "c"))
    go(session, 1)

    found = []
    for entry in outbox.consume(reader, "c"):
        found.append(entry)
        session.execute("insert into elsewhere values (1)")  # a later transaction ends before
        if entry.to_state == "THERE":
            come(reader, int(str(entry.key["id"])))

    assert keys(found) == [(1, "THERE")]
    assert keys(list(outbox.consume(reader, "c"))) == [(1, "HERE")]


def test_commit_keeps_what_was_handed_out(reader: psycopg.Connection) -> None:
    with pytest.raises(RuntimeError), outbox.consume(reader, "c", machines=["parcel"]) as entries:  # noqa: PT012 - the loop is what fails
        for entry in entries:
            if entry.key["id"] == 3:
                entries.commit()
            if entry.key["id"] == 5:
                raise RuntimeError

    assert [it.key["id"] for it in outbox.consume(reader, "c")] == [4, 5, 6, 7, 8, 9]


def test_what_is_written_over_the_connection_goes_with_the_batch(
    session: psycopg.Connection, reader: psycopg.Connection
) -> None:
    with pytest.raises(RuntimeError), outbox.consume(reader, "c", batch=4) as entries:  # noqa: PT012 - the loop is what fails
        for entry in entries:
            reader.execute("insert into elsewhere values (%s)", [entry.id])
            if entry.id == 6:
                raise RuntimeError

    assert session.execute("select count(*) from elsewhere").fetchone() == (4,)


def test_two_cursors_know_nothing_of_each_other(reader: psycopg.Connection) -> None:
    one = list(outbox.consume(reader, "one"))

    assert list(outbox.consume(reader, "other")) == one


def test_a_cursor_that_is_read_from_cannot_be_taken(
    parcels: str, reader: psycopg.Connection, connect: Connect
) -> None:
    with outbox.consume(reader, "c") as entries:
        next(entries)

        with pytest.raises(UsageError, match="cursor 'c' is taken"):
            next(outbox.consume(connect(parcels), "c", patience_s=0.1))
    assert len(list(outbox.consume(reader, "c"))) == 17


def test_asynchronous_consumers_get_the_same(parcels: str, session: psycopg.Connection) -> None:
    async def consume() -> list[Entry]:
        async with await psycopg.AsyncConnection.connect(parcels) as connection:  # noqa: SIM117 - a connection, then what it reads
            async with outbox.consume_async(connection, "a", batch=5) as entries:
                return [it async for it in entries]

    assert asyncio.run(consume()) == list(outbox.consume(session, "b"))


def test_an_interrupt_amid_a_statement_ends_the_consumer_and_the_statement(
    reader: psycopg.Connection, session: psycopg.Connection
) -> None:
    with suppress(KeyboardInterrupt), outbox.consume(reader, "c", follow=True) as entries:
        next(entries)
        reader.pgconn.send_query(b"select pg_sleep(600)")
        raise KeyboardInterrupt

    assert reader.closed
    assert_nobody_sleeps(session)


def test_an_interrupt_amid_a_statement_that_is_awaited_does_the_same(
    parcels: str, session: psycopg.Connection
) -> None:
    async def interrupted() -> bool:
        async with await psycopg.AsyncConnection.connect(parcels, autocommit=True) as connection:
            with suppress(KeyboardInterrupt):
                async with outbox.consume_async(connection, "c", follow=True) as entries:
                    await anext(entries)
                    connection.pgconn.send_query(b"select pg_sleep(600)")
                    raise KeyboardInterrupt
            return connection.closed

    assert asyncio.run(interrupted())
    assert_nobody_sleeps(session)


def assert_nobody_sleeps(session: psycopg.Connection) -> None:
    """Wait until the cancelled session is gone, ten seconds at most."""
    asleep = "select count(*) from pg_stat_activity where state = 'active' and query like %s"
    deadline = time.monotonic() + 10
    while session.execute(asleep, ["select pg_sleep(600)%"]).fetchone() != (0,):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_idle_poll_writes_nothing(
    session: psycopg.Connection, reader: psycopg.Connection
) -> None:
    """Once it has seen those transactions end that were running when it last moved."""
    asked = "select xmin::text, position::text from interlock.outbox_cursor"
    list(outbox.consume(reader, "c"))
    seen = [session.execute(asked).fetchone()]
    for _ in range(20):
        assert list(outbox.consume(reader, "c")) == []
        seen.append(session.execute(asked).fetchone())

    assert seen[-1] == seen[-2]
    assert len(set(seen)) < 10


def test_a_machine_that_is_taken_off_is_delivered_to_its_end(
    session: psycopg.Connection, reader: psycopg.Connection
) -> None:
    list(outbox.consume(reader, "c"))
    go(session, 1)
    uninstall.take_off(session, ["parcel"], drop_history=False)

    assert keys(list(outbox.consume(reader, "c"))) == [(1, "THERE")]


def test_a_history_that_is_gone_is_said_to_be(
    session: psycopg.Connection, reader: psycopg.Connection
) -> None:
    list(outbox.consume(reader, "c"))
    uninstall.take_off(session, ["parcel"], drop_history=True)

    with pytest.raises(EnvironmentFault, match="the history of parcel is gone"):
        list(outbox.consume(reader, "c"))


def test_a_history_may_change_under_a_consumer(
    session: psycopg.Connection, reader: psycopg.Connection
) -> None:
    reader.prepare_threshold = 0
    with outbox.consume(reader, "c", machines=["parcel"], batch=2) as entries:
        first = [next(entries) for _ in range(2)]
        entries.commit()
        session.execute("alter table parcel add column note text")
        changed = SPEC.replace("outbox:", "audit: {columns: [note]}, outbox:")
        apply.install(session, spec.parse(changed, "spec.yaml"))
        rest = list(entries)
    session.execute("update parcel set note = 'new' where id = 1")
    last = list(outbox.consume(reader, "c"))

    assert len(first + rest + last) == 10
    assert last[-1].changed == {"note": (None, "new")}


def test_a_month_that_is_dropped_is_not_waited_for(
    session: psycopg.Connection, reader: psycopg.Connection
) -> None:
    with outbox.consume(reader, "c", machines=["parcel"], batch=2) as entries:
        next(entries)
    [part] = session.execute(
        "select distinct tableoid::regclass::text from interlock.parcel_audit"
    ).fetchone() or [""]
    session.execute(f"drop table {part}".encode())
    go(session, 1)

    assert keys(list(outbox.consume(reader, "c"))) == [(1, "THERE")]


@pytest.mark.parametrize("behind", [0, 4, 8])
def test_another_cluster_loses_nothing(
    parcels: str, session: psycopg.Connection, reader: psycopg.Connection, behind: int
) -> None:
    """A restore brings entries, cursors and ids, and begins to count transactions anew, lower."""
    with outbox.consume(reader, "c", machines=["parcel"], batch=3) as entries:
        taken = list(itertools.islice(entries, 9 - behind))
    as_restored(session)
    go(session, 1)
    come(session, 1)

    rest = list(outbox.consume(reader, "c", batch=3))
    go(session, 2)
    again = list(outbox.consume(reader, "c", batch=3))

    assert [it.id for it in taken + rest] == list(range(1, 12))
    assert keys(again) == [(2, "THERE")]
    assert keys(list(outbox.consume(reader, "fresh", machines=["parcel"])))[9:] == [
        (1, "THERE"), (1, "HERE"), (2, "THERE"),
    ]  # fmt: skip
    del parcels


def as_restored(session: psycopg.Connection) -> None:
    """Raise every transaction id that is stored by two billion, and name another cluster."""
    more = 2_000_000_000
    session.execute("alter table interlock.parcel_audit disable trigger all")
    session.execute(
        "update interlock.parcel_audit set transaction_id ="
        " (transaction_id::text::bigint + %s)::text::xid8",
        [more],
    )
    session.execute("alter table interlock.parcel_audit enable always trigger interlock_10_once")
    session.execute("alter table interlock.parcel_audit enable always trigger interlock_20_once")
    for name, told in session.execute(
        "select cursor_name, position from interlock.outbox_cursor"
    ).fetchall():
        session.execute(
            "update interlock.outbox_cursor set position = %s where cursor_name = %s",
            [Json(raised(told, more) | {"cluster": "another"}), name],
        )


def raised(told: Any, more: int) -> Any:
    """Return a position with its transaction ids, and not its entry ids, so much higher."""
    if isinstance(told, list):
        return [raised(it, more) for it in told]
    if not isinstance(told, dict):
        return told
    kept = {"ids", "after", "through", "fresh_after", "restored"}
    found = {}
    for name, value in told.items():
        if name in ("xid", "xmin", "xmax") and value:
            found[name] = value + more
        elif name == "running":
            found[name] = [it + more for it in value]
        else:
            found[name] = value if name in kept else raised(value, more)
    return found


# --- rights ---


@pytest.fixture
def role(session: psycopg.Connection) -> Iterator[str]:
    """A role that may nothing yet."""
    name = f"service_{os.getpid()}_{time.monotonic_ns()}"
    session.execute(f"create role {name} login".encode())
    yield name
    session.execute(f"drop owned by {name}".encode())
    session.execute(f"drop role {name}".encode())


def test_the_grants_that_are_missing_are_said_and_suffice(
    parcels: str, session: psycopg.Connection, role: str
) -> None:
    dsn = parcels.replace("user=postgres", f"user={role}")
    with psycopg.connect(dsn) as service:
        with pytest.raises(EnvironmentFault, match="may not keep a cursor") as fault:
            list(outbox.consume(service, "c", machines=["parcel"]))
        told = (fault.value.remedy or "").partition(": ")[2]
        session.execute(told.encode())

        assert len(list(outbox.consume(service, "c", machines=["parcel"]))) == 9
        assert [it.waiting for it in outbox.status(service)] == [0]
        with pytest.raises(EnvironmentFault, match="may not keep a cursor"):
            list(outbox.consume(service, "d", machines=["box"]))


def test_a_cursor_of_another_role_is_out_of_reach(
    parcels: str, session: psycopg.Connection, reader: psycopg.Connection, role: str
) -> None:
    list(outbox.consume(reader, "c", machines=["parcel"]))
    session.execute(f"grant select on interlock.machine, interlock.parcel_audit to {role}".encode())
    session.execute(
        f"grant select, insert, update, delete on interlock.outbox_cursor to {role}".encode()
    )
    with psycopg.connect(parcels.replace("user=postgres", f"user={role}")) as service:
        with pytest.raises(UsageError, match="belongs to another role"):
            list(outbox.consume(service, "c", machines=["parcel"]))
        assert outbox.status(service) == []
        assert service.execute("delete from interlock.outbox_cursor").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute(
                "insert into interlock.outbox_cursor (cursor_name, role_name, machines, position)"
                " values ('x', 'postgres', '{parcel}', '{}')"
            )


def test_verify_has_nothing_against_the_grants_of_a_consumer(
    session: psycopg.Connection, role: str
) -> None:
    def codes() -> list[str]:
        wanted = spec.parse(SPEC, "spec.yaml")
        return [it.code for it in verify(session, wanted, scope=Scope(probes=False)).findings]

    session.execute(f"grant select, insert, update on interlock.outbox_cursor to {role}".encode())
    assert "history-writable" not in codes()
    session.execute(f"grant truncate on interlock.outbox_cursor to {role}".encode())
    assert "history-writable" in codes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"machines": ["truck"]}, "no machine 'truck' is installed", id="no machine"),
        pytest.param({"machines": "parcel"}, "machines is a list", id="a text for a list"),
        pytest.param({"name": " "}, "a cursor needs a name", id="no name"),
        pytest.param({"batch": 0}, "it must be 1 or more", id="no batch"),
        pytest.param({"start": "then"}, "start is 'beginning' or 'now'", id="no start"),
        pytest.param({"wait_s": 0}, "it must be more than 0", id="no wait"),
        pytest.param(
            {"machines": ["box"], "name": "made"}, "reads parcel, and not box", id="other"
        ),
    ],
)
def test_a_wrong_wish_gets_one_message(
    reader: psycopg.Connection, options: dict[str, Any], message: str
) -> None:
    list(outbox.consume(reader, "made", machines=["parcel"]))

    with pytest.raises(UsageError, match=message):
        list(outbox.consume(reader, **{"name": "c", **options}))


def test_an_open_transaction_is_not_taken_over(reader: psycopg.Connection) -> None:
    reader.execute("select")

    with pytest.raises(UsageError, match="a transaction is open"):
        list(outbox.consume(reader, "c"))


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_who_ends_the_transaction_of_a_batch_is_told(reader: psycopg.Connection, end: str) -> None:
    with pytest.raises(UsageError, match="was ended by somebody else"):  # noqa: PT012 - the loop is what fails
        for _ in outbox.consume(reader, "c"):
            getattr(reader, end)()
    assert len(list(outbox.consume(reader, "c"))) == 18


def test_a_failed_batch_is_not_kept(reader: psycopg.Connection) -> None:
    with pytest.raises(UsageError, match="the transaction of the batch has failed"):  # noqa: PT012 - the loop is what fails
        for _ in outbox.consume(reader, "c"):
            with pytest.raises(psycopg.errors.UndefinedTable):
                reader.execute("select from nowhere")
    reader.rollback()
    assert len(list(outbox.consume(reader, "c"))) == 18


@pytest.mark.parametrize("told", ["{}", "[]", '{"seen": 1}', "null"])
def test_a_position_that_was_changed_by_hand_is_told(
    session: psycopg.Connection, reader: psycopg.Connection, told: str
) -> None:
    list(outbox.consume(reader, "c"))
    session.execute("update interlock.outbox_cursor set position = %s::jsonb", [told])

    with pytest.raises(EnvironmentFault, match="the position of cursor 'c' cannot be read"):
        list(outbox.consume(reader, "c"))
    assert [it.waiting for it in outbox.status(session)] == [None]


def test_a_read_only_session_cannot_keep_a_cursor(reader: psycopg.Connection) -> None:
    reader.read_only = True

    with pytest.raises(EnvironmentFault, match="no cursor can be kept here"):
        list(outbox.consume(reader, "c"))


def test_without_schema_interlock_there_is_one_message(empty: str, connect: Connect) -> None:
    session = connect(empty, autocommit=True)

    with pytest.raises(EnvironmentFault, match="schema interlock is not here"):
        list(outbox.consume(session, "c"))
    with pytest.raises(EnvironmentFault, match="schema interlock is not here"):
        outbox.status(session)


def test_status_counts_what_waits(session: psycopg.Connection, reader: psycopg.Connection) -> None:
    with closing(outbox.consume(reader, "c", batch=3)) as entries:
        for _ in range(8):
            next(entries)
    go(session, 1)

    [found] = outbox.status(session)

    assert (found.delivered, found.waiting, found.machines) == (6, 13, ("box", "parcel"))
    list(outbox.consume(reader, "c"))
    assert [(it.delivered, it.waiting) for it in outbox.status(session)] == [(19, 0)]


def test_without_follow_it_ends_although_more_is_written(
    session: psycopg.Connection, reader: psycopg.Connection
) -> None:
    found = []
    for entry in outbox.consume(reader, "c", machines=["parcel"], batch=1):
        found.append(entry.id)
        session.execute("insert into parcel select 1 + max(id), 'HERE' from parcel")

    assert found == list(range(1, 10))
    assert next(outbox.consume(reader, "c")).id == 10
