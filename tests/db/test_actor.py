"""Who acts: for one transaction, by every way in which a client of psycopg sends a write."""

import json
from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors
from tests import actor_parcels
from tests.actor_parcels import entries
from tests.conftest import Build

from pginterlock import apply, spec
from pginterlock.verify import verify

Connect = Callable[..., psycopg.Connection]
SEND = "update parcel set status = 'SENT' where id = %s"


@pytest.fixture
def dsn(make_database: Callable[[str, Build], str]) -> str:
    """A hundred parcels under their machine."""
    return make_database("actor_parcels", actor_parcels.build)


@pytest.fixture
def session(dsn: str, connect: Connect) -> psycopg.Connection:
    """A session in autocommit."""
    return connect(dsn, autocommit=True)


def act(session: psycopg.Connection, actor: str, reason: str | None = None) -> None:
    session.execute("select interlock.act_as(%s, reason => %s)", [actor, reason])


def missing(error: psycopg.Error) -> list[str]:
    detail = json.loads(error.diag.message_detail or "{}")
    assert (detail["code"], error.diag.constraint_name) == ("IL06", "parcel.attribution")
    found: list[str] = detail["missing"]
    return found


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("insert into parcel values (101, 'PACKED')", id="birth"),
        pytest.param("update parcel set status = 'SENT' where id = 1", id="move"),
        pytest.param("update parcel set carrier = 'train' where id = 1", id="recorded column"),
        pytest.param("delete from parcel where id = 1", id="death"),
    ],
)
def test_what_is_recorded_is_refused_without_an_actor(
    session: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(errors.CheckViolation) as refused:
        session.execute(statement.encode())

    assert missing(refused.value) == ["actor"]
    assert entries(session) == []


def test_what_is_not_recorded_asks_for_nobody(session: psycopg.Connection) -> None:
    session.execute("update parcel set note = 'x', status = status where id = 1")


def test_a_move_that_needs_a_reason(session: psycopg.Connection) -> None:
    lose = "update parcel set status = 'LOST' where id = 1"
    with session.transaction(force_rollback=True):
        act(session, "user:1")
        with pytest.raises(errors.CheckViolation) as refused, session.transaction():
            session.execute(lose)
    assert missing(refused.value) == ["reason"]

    with session.transaction():
        act(session, "user:1", "fell off the lorry")
        session.execute(lose)
    assert entries(session) == [(1, "lose", "user:1", "fell off the lorry")]


def test_an_actor_is_gone_after_its_transaction(session: psycopg.Connection) -> None:
    with session.transaction():
        act(session, "user:1")
        session.execute(SEND, [1])

    with pytest.raises(errors.CheckViolation):
        session.execute(SEND, [2])
    act(session, "user:1")  # a transaction of its own, in autocommit
    with pytest.raises(errors.CheckViolation):
        session.execute(SEND, [2])


def test_an_actor_goes_back_with_its_savepoint(session: psycopg.Connection) -> None:
    with session.transaction():
        act(session, "user:1")
        with session.transaction(force_rollback=True):
            act(session, "user:2")
        session.execute(SEND, [1])

    assert entries(session) == [(1, "send", "user:1", None)]


def test_executemany(session: psycopg.Connection) -> None:
    with session.transaction(), session.cursor() as cursor:
        act(session, "user:1")
        cursor.executemany(SEND, [[n] for n in range(1, 51)])

    assert {row[2] for row in entries(session)} == {"user:1"}
    assert len(entries(session)) == 50


def test_copy(session: psycopg.Connection) -> None:
    into = "copy parcel (id, status) from stdin"
    with (
        pytest.raises(errors.CheckViolation),
        session.cursor() as cursor,
        cursor.copy(into) as copied,
    ):
        copied.write_row([200, "PACKED"])

    with session.transaction(), session.cursor() as cursor:
        act(session, "import")
        with cursor.copy(into) as copied:
            for number in range(200, 250):
                copied.write_row([number, "PACKED"])
    assert [row[2] for row in entries(session)] == ["import"] * 50


def test_a_server_side_cursor(session: psycopg.Connection) -> None:
    with session.transaction():
        act(session, "user:1")
        session.execute(
            "declare parcels cursor for select id from parcel where id < 4 order by id for update"
        )
        for _ in range(3):
            session.execute("fetch next from parcels")
            session.execute("update parcel set status = 'SENT' where current of parcels")

    assert [row[0] for row in entries(session)] == [1, 2, 3]
    assert {row[2] for row in entries(session)} == {"user:1"}


def test_a_cursor_that_outlives_its_transaction_has_no_actor(session: psycopg.Connection) -> None:
    with session.transaction():
        act(session, "user:1")
        session.execute("declare parcels cursor with hold for select id from parcel order by id")

    row = session.execute("fetch next from parcels").fetchone()
    with pytest.raises(errors.CheckViolation):
        session.execute(SEND, row)


@pytest.mark.parametrize("threshold", [None, 0])
def test_prepared_or_not(dsn: str, connect: Connect, threshold: int | None) -> None:
    """A plan that was prepared under one actor asks for the next one's."""
    session = connect(dsn, autocommit=True, prepare_threshold=threshold)
    for number, actor in enumerate(["user:1", "user:2", "user:1", "user:3"], start=1):
        with session.transaction():
            act(session, actor)
            session.execute(SEND, [number])
    with pytest.raises(errors.CheckViolation):
        session.execute(SEND, [9])

    assert [row[2] for row in entries(session)] == ["user:1", "user:2", "user:1", "user:3"]
    prepared = session.execute("select count(*) from pg_prepared_statements").fetchone()
    assert (prepared == (0,)) is (threshold is None)


def test_a_pipeline(session: psycopg.Connection) -> None:
    with session.pipeline():
        for number in (1, 2):
            with session.transaction():
                act(session, f"user:{number}")
                session.execute(SEND, [number])

    assert [row[2] for row in entries(session)] == ["user:1", "user:2"]


def test_one_pipeline_in_autocommit_is_one_transaction(session: psycopg.Connection) -> None:
    with session.pipeline():
        act(session, "user:1")
        session.execute(SEND, [1])

    with pytest.raises(errors.CheckViolation):
        session.execute(SEND, [2])
    assert [row[2] for row in entries(session)] == ["user:1"]


def test_in_observe_it_goes_through_and_is_recorded(session: psycopg.Connection) -> None:
    watched = spec.parse(actor_parcels.TEXT.replace("enforce", "observe"), "spec.yaml")
    apply.install(session, watched)

    session.execute(SEND, [1])

    assert entries(session) == [(1, "send", None, None)]
    told = session.execute("select code, message from interlock.violation").fetchall()
    assert told == [("IL06", "parcel 1: no actor is given")]


def test_verify_finds_nothing_and_tries_a_move_of_nobody(session: psycopg.Connection) -> None:
    found = {it.code for it in verify(session, actor_parcels.SPEC).findings}

    assert found - {"writes-all-data", "replication-role", "owner-member"} == set()
