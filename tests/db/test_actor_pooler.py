"""Who acts, behind pgbouncer in transaction mode: all clients share one connection."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import conninfo, errors
from tests import actor_parcels, pooler
from tests.actor_parcels import entries
from tests.conftest import Build
from tests.servers import TestServer

from pginterlock import actor_keys, apply, spec, tokens

Connect = Callable[..., psycopg.Connection]
SEND = "update parcel set status = 'SENT' where id = %s"
SECRET = b"known to the authentication service alone"
CLIENTS, MOVES = 4, 20

pytestmark = pytest.mark.skipif(
    pooler.find() is None,
    reason="PGBOUNCER IS NOT HERE: what an actor does behind a pooler was NOT TESTED;"
    " run tests/fetch_pgbouncer.sh",
)


@pytest.fixture
def dsn(make_database: Callable[[str, Build], str]) -> str:
    """A hundred parcels under their machine; the server's own address."""
    return make_database("actor_parcels", actor_parcels.build)


@pytest.fixture
def pooled(server: TestServer, dsn: str) -> Iterator[str]:
    """The address of the pooler in front of it."""
    with pooler.running(server, str(conninfo.conninfo_to_dict(dsn)["dbname"])) as address:
        yield address


@pytest.fixture
def clients(pooled: str, connect: Connect) -> list[psycopg.Connection]:
    """Two clients of the pooler, that do not prepare statements."""
    return [connect(pooled, autocommit=True, prepare_threshold=None) for _ in range(2)]


def act(session: psycopg.Connection, actor: str) -> None:
    session.execute("select interlock.act_as(%s)", [actor])


def pids(sessions: list[psycopg.Connection]) -> set[object]:
    return {it.execute("select pg_backend_pid()").fetchone() for it in sessions}


def test_two_clients_take_turns(clients: list[psycopg.Connection]) -> None:
    first, second = clients
    assert len(pids(clients)) == 1
    for number in range(1, 20, 2):
        with first.transaction():
            act(first, "first")
            first.execute(SEND, [number])
        with pytest.raises(errors.CheckViolation, match="no actor is given"):
            second.execute(SEND, [number + 1])
        with second.transaction():
            act(second, "second")
            second.execute(SEND, [number + 1])

    assert [row[2] for row in entries(first)] == ["first", "second"] * 10


def test_none_is_lost_and_none_leaks_under_load(pooled: str, connect: Connect) -> None:
    def work(number: int) -> None:
        with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as session:
            for parcel in range(number, CLIENTS * MOVES, CLIENTS):
                with session.transaction():
                    act(session, f"client:{number}")
                    session.execute(SEND, [parcel + 1])

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(work, range(CLIENTS)))

    look = connect(pooled, autocommit=True, prepare_threshold=None)
    found = entries(look)
    assert len(found) == CLIENTS * MOVES
    assert [row for row in found if row[2] != f"client:{(int(str(row[0])) - 1) % CLIENTS}"] == []
    used = look.execute("select count(distinct backend_pid) from interlock.parcel_audit")
    assert used.fetchone() == (1,)


def test_a_transaction_that_fails_leaves_no_actor(clients: list[psycopg.Connection]) -> None:
    first, second = clients
    broken = "select interlock.act_as('first'); select 1 / 0"
    with pytest.raises(errors.DivisionByZero), first.transaction():
        first.execute(broken)

    with pytest.raises(errors.CheckViolation, match="no actor is given"):
        second.execute(SEND, [1])


def test_a_plain_set_does_leak_as_the_docs_warn(clients: list[psycopg.Connection]) -> None:
    """The control: these tests would see a leak."""
    first, second = clients
    first.execute("set interlock.actor = 'first'")

    second.execute(SEND, [1])

    assert entries(second) == [(1, "send", "first", None)]


@pytest.mark.parametrize("way", ["executemany", "copy", "cursor"])
def test_bulk_and_cursors(clients: list[psycopg.Connection], way: str) -> None:
    first, second = clients
    with first.transaction(), first.cursor() as cursor:
        act(first, "first")
        if way == "executemany":
            cursor.executemany(SEND, [[n] for n in range(1, 11)])
        elif way == "copy":
            with cursor.copy("copy parcel (id, status) from stdin") as copied:
                for number in range(200, 210):
                    copied.write_row([number, "PACKED"])
        else:
            first.execute("declare p cursor for select from parcel where id <= 10 for update")
            for _ in range(10):
                first.execute("fetch next from p")
                first.execute("update parcel set status = 'SENT' where current of p")
    with pytest.raises(errors.CheckViolation, match="no actor is given"):
        second.execute(SEND, [99])

    assert [row[2] for row in entries(first)] == ["first"] * 10


def test_a_token_of_a_transaction_is_of_no_use_to_the_next_client(
    dsn: str, connect: Connect, clients: list[psycopg.Connection]
) -> None:
    owner = connect(dsn, autocommit=True)
    signed = actor_parcels.TEXT.replace("actor: required", "actor: signed")
    apply.install(owner, spec.parse(signed, "spec.yaml"))
    actor_keys.add(owner, "k", SECRET)
    first, second = clients
    with first.transaction():
        asked = first.execute("select interlock.challenge()").fetchone()
        expires = datetime.now(UTC) + timedelta(minutes=1)
        token = tokens.sign(SECRET, "user:1", str(asked and asked[0]), expires, "k")
        first.execute("select interlock.act_as_signed(%s)", [token])
        first.execute(SEND, [1])

    with pytest.raises(errors.CheckViolation, match="another transaction"):
        second.execute("select interlock.act_as_signed(%s)", [token])
    assert entries(owner) == [(1, "send", "user:1", None)]
