"""Events while a state gets another name: either name is expected, and only the new one entered."""

from collections.abc import Callable

import psycopg
import pytest
from tests import version_parcels as parcels

from pginterlock import apply, steps

Make = Callable[..., str]
Connect = Callable[..., psycopg.Connection]
NAMES = ("SENT", "ON_THE_WAY")


@pytest.fixture
def session(make_database: Make, connect: Connect) -> psycopg.Connection:
    """Parcels of which the first two are under way: one under each name of that state."""
    admin = connect(make_database("fire_rename", parcels.make), autocommit=True)
    parcels.send(admin, 1)
    made = steps.make_plan(admin, parcels.renamed())
    apply.run(admin, made)
    parcels.send(admin, 2, to="ON_THE_WAY")
    admin.execute("update parcel set carrier = 'post' where id = 3")
    return admin


def fire(session: psycopg.Connection, key: int, event: str, **options: str) -> tuple[str, str]:
    asked = "".join(f", {name} => '{value}'" for name, value in options.items())
    call = f"select interlock.fire('parcel', {key}, '{event}'{asked})"
    row = session.execute(call.encode()).fetchone()
    assert row
    return row[0]["from"], row[0]["to"]


def rename_back(session: psycopg.Connection) -> None:
    """Let the first parcel stand under the old name, as before its row was moved."""
    session.execute("alter table parcel disable trigger all")
    session.execute("update parcel set status = 'SENT' where id = 1")
    session.execute("alter table parcel enable trigger all")


@pytest.mark.parametrize("expected", NAMES)
@pytest.mark.parametrize("key", [1, 2])
def test_either_name_is_expected(session: psycopg.Connection, key: int, expected: str) -> None:
    rename_back(session)

    assert fire(session, key, "arrive", expect=expected) == (NAMES[key - 1], "HERE")


def test_another_state_is_not(session: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="is PACKED, and not SENT"):
        fire(session, 3, "send", expect="SENT")


def test_an_event_enters_the_new_name(session: psycopg.Connection) -> None:
    assert fire(session, 3, "send") == ("PACKED", "ON_THE_WAY")


@pytest.mark.parametrize("key", [1, 2, 3])
def test_no_event_into_the_old_name_is_offered(session: psycopg.Connection, key: int) -> None:
    rename_back(session)
    asked = session.execute("select event, to_state from interlock.allowed('parcel', %s)", [key])

    sent = [("send", "ON_THE_WAY"), ("lose", "LOST")]
    assert asked.fetchall() == (sent if key == 3 else [("arrive", "HERE"), ("lose", "LOST")])


def test_the_rename_itself_is_no_event_to_fire(session: psycopg.Connection) -> None:
    rename_back(session)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="no event"):
        fire(session, 1, "interlock:rename")
