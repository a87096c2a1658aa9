"""A reaction: a payment confirms the stay in the same statement, and the history says who did it."""

from collections.abc import Callable

import psycopg
import pytest
from tests.db import reacting_stays as stays
from tests.db.reacting_stays import PAY, REACTION, entries, last, put, refused, state, wanted

Make = Callable[..., psycopg.Connection]


@pytest.fixture
def make(
    make_database: Callable[..., str], connect: Callable[..., psycopg.Connection]
) -> Callable[[], psycopg.Connection]:
    def opened() -> psycopg.Connection:
        return connect(make_database("reacting", stays.build), autocommit=True)

    return opened


@pytest.fixture
def session(make: Callable[[], psycopg.Connection]) -> psycopg.Connection:
    return make()


@pytest.mark.parametrize("start", ["PENDING", "ASKED"])
def test_a_payment_confirms_in_the_same_statement(session: psycopg.Connection, start: str) -> None:
    put(session, start)

    row = session.execute(PAY + " returning status, confirmed_at is not null").fetchone()

    assert row == ("CONFIRMED", True)
    assert stays.wrong(session) == []


def test_the_history_says_that_the_database_did_it_and_who_wrote(
    session: psycopg.Connection,
) -> None:
    put(session)
    with session.transaction():
        session.execute("select interlock.act_as('webhook', reason => 'evt_1')")
        session.execute(PAY)

    actor, cause = REACTION
    assert last(session) == (
        "move", "confirm", "PENDING", "CONFIRMED", actor, "evt_1", cause, "webhook"
    )  # fmt: skip


def test_a_reason_that_is_required_is_the_reactions_own(session: psycopg.Connection) -> None:
    put(session)

    session.execute(PAY)

    actor, cause = REACTION
    assert last(session)[4:] == (actor, cause, cause, None)
