"""`machine(...).fire` over every kind of connection, and `retrying`."""

import threading
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import dict_row
from tests.conftest import Build
from tests.db.test_fire import HALL, SENT, build, status

import pginterlock
from pginterlock.errors import GuardFailed, StaleState, Unattributed

Connect = Callable[..., psycopg.Connection]
parcel = pginterlock.machine("parcel")
crate = pginterlock.machine("crate")


@pytest.fixture
def dsn(make_database: Callable[[str, Build], str]) -> str:
    return make_database("fire_depot", build)


def test_psycopg(dsn: str, connect: Connect) -> None:
    session = connect(dsn, autocommit=True)

    fired = parcel.fire(session, 1, "send", set=SENT, expect="PACKED")

    assert (fired.from_state, fired.to_state, fired.key) == ("PACKED", "SENT", {"id": 1})


def test_rows_as_mappings(dsn: str, connect: Connect) -> None:
    session = connect(dsn, autocommit=True, row_factory=dict_row)

    assert parcel.fire(session, 1, "lose", reason="x", actor="user:1").to_state == "LOST"


def test_several_columns_are_a_mapping(dsn: str, connect: Connect) -> None:
    session = connect(dsn, autocommit=True)

    assert crate.fire(session, {"hall": UUID(HALL), "no": 1}, "ready").to_state == "READY"


def test_refusals_are_typed(dsn: str, connect: Connect) -> None:
    session = connect(dsn, autocommit=True)

    with pytest.raises(StaleState) as stale:
        parcel.fire(session, 1, "send", expect="SENT")
    assert stale.value.from_state == "PACKED"
    with pytest.raises(GuardFailed):
        parcel.fire(session, 1, "send", set={"carrier": "x"})
    with pytest.raises(Unattributed):
        parcel.fire(session, 1, "lose")


def test_a_mistake_is_the_drivers_error(dsn: str, connect: Connect) -> None:
    with pytest.raises(errors.InvalidParameterValue):
        parcel.fire(connect(dsn, autocommit=True), 1, "sned")


def test_a_dry_run_has_the_refusal_in_its_result(dsn: str, connect: Connect) -> None:
    session = connect(dsn, autocommit=True)

    no = parcel.fire(session, 1, "send", set={"carrier": "x"}, dry_run=True)
    yes = parcel.fire(session, 1, "send", set=SENT, dry_run=True)

    assert isinstance(no.refusal, GuardFailed)
    assert (yes.refusal, yes.to_state, yes.is_dry_run) == (None, "SENT", True)
    assert status(session) == "PACKED"


def test_an_idempotency_key(dsn: str, connect: Connect) -> None:
    session = connect(dsn, autocommit=True)

    first = parcel.fire(session, 1, "lose", reason="x", idempotency_key="k")

    assert parcel.fire(session, 1, "lose", reason="x", idempotency_key="k") == first


def test_allowed(dsn: str, connect: Connect) -> None:
    told = parcel.allowed(connect(dsn, autocommit=True), 1)

    assert [(it.event, it.is_possible, it.missing) for it in told] == [
        ("send", False, ("carrier", "paid_at")),
        ("gift", False, ("carrier", "weight")),
        ("lose", False, ("reason",)),
    ]


def test_sqlalchemy(dsn: str) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn))

    with engine.begin() as connection:
        assert parcel.fire(connection, 1, "send", set=SENT).to_state == "SENT"
    with pytest.raises(StaleState), engine.begin() as connection:
        parcel.fire(connection, 1, "finish", expect="PACKED")
    engine.dispose()


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_conflict_is_tried_anew_from_the_beginning(
    dsn: str, connect: Connect, level: str
) -> None:
    session, rival = connect(dsn), connect(dsn, autocommit=True)
    session.execute(f"set session characteristics as transaction isolation level {level}".encode())
    session.commit()
    seen = []

    for attempt in pginterlock.retrying(session):
        with attempt:
            seen.append(status(session))
            if len(seen) == 1:
                parcel.fire(rival, 1, "send", set=SENT)
            parcel.fire(session, 1, "lose", reason="x", expect=seen[-1])

    assert seen == ["PACKED", "SENT"]
    assert status(rival) == "LOST"


def test_tries_are_bounded_and_the_last_failure_is_raised(dsn: str, connect: Connect) -> None:
    session = connect(dsn)
    tries = 0

    with pytest.raises(errors.SerializationFailure):  # noqa: PT012 - the loop is what is tried
        for attempt in pginterlock.retrying(session, attempts=3, pause_s=0.001):
            with attempt:
                tries += 1
                session.execute("do $$ begin raise sqlstate '40001'; end $$")

    assert tries == 3


def test_another_failure_is_not_tried_again(dsn: str, connect: Connect) -> None:
    session = connect(dsn)
    tries = 0

    with pytest.raises(StaleState):  # noqa: PT012 - the loop is what is tried
        for attempt in pginterlock.retrying(session):
            with attempt:
                tries += 1
                session.execute("update depot.parcel set carrier = 'lost' where id = 2")
                parcel.fire(session, 1, "send", expect="SENT")

    assert tries == 1
    carrier = session.execute("select carrier from depot.parcel where id = 2").fetchone()
    assert carrier == (None,)


def test_a_deadlock_is_tried_anew(dsn: str, connect: Connect) -> None:
    meeting = threading.Barrier(2, timeout=10)

    pay = "update depot.parcel set carrier = concat(carrier, 'x') where id = %s"

    def pay_two(session: psycopg.Connection, first: int, second: int) -> None:
        session.execute("set deadlock_timeout = '50ms'")
        session.commit()
        is_first_try = True
        for attempt in pginterlock.retrying(session):
            with attempt:
                session.execute(pay, [first])
                if is_first_try:
                    is_first_try = False
                    meeting.wait()
                session.execute(pay, [second])

    threads = [
        threading.Thread(target=pay_two, args=(connect(dsn), *pair)) for pair in ((1, 2), (2, 1))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    found = connect(dsn).execute("select carrier from depot.parcel where id < 3").fetchall()
    assert found == [("xx",), ("xx",)]
