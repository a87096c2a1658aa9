"""What must pass: legal writes in every way that the attacks use, each recorded once."""

import psycopg
import pytest
from tests.attacks.hotel import OWNER, Attacked

# Another form of CHECK is tried beside each attack on rows; here the two that write differently.
FORMS = ["checks: function", "continuity: online"]
CONFIRM = "update hotel.room_booking set status = 'CONFIRMED', paid_at = now() where id = 1"
CONFIRMED = ("move", "PENDING", "CONFIRMED")

pytestmark = pytest.mark.parametrize("form", FORMS)


def test_the_hotel_is_found_sound(attacked: Attacked) -> None:
    assert attacked.found() == set()


def test_the_same_state_again_is_no_move(attacked: Attacked, app: psycopg.Connection) -> None:
    with attacked.unchanged():
        assert app.execute("update hotel.room_booking set status = status").rowcount == 8


def test_a_free_column_is_free_in_every_state(attacked: Attacked, app: psycopg.Connection) -> None:
    before = attacked.admin.execute("select count(*) from interlock.booking_audit").fetchone()

    assert app.execute("update hotel.room_booking set note = 'late arrival'").rowcount == 8

    after = attacked.admin.execute("select count(*) from interlock.booking_audit").fetchone()
    assert after == before


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(CONFIRM, id="update"),
        pytest.param(
            "with paid as (update hotel.room_booking set status = 'CONFIRMED', paid_at = now()"
            " where id = 1 returning id) select id from paid",
            id="CTE",
        ),
        pytest.param(
            "merge into hotel.room_booking as b using (values (1)) as v (id) on b.id = v.id"
            " when matched then update set status = 'CONFIRMED', paid_at = now()",
            id="merge",
        ),
        pytest.param(
            "insert into hotel.room_booking (id) values (1) on conflict (id) do update"
            " set status = 'CONFIRMED', paid_at = now()",
            id="upsert",
        ),
        pytest.param(
            "create view public.mine as select * from hotel.room_booking;"
            " update public.mine set status = 'CONFIRMED', paid_at = now() where id = 1",
            id="view",
        ),
        pytest.param(
            "create function public.confirm() returns void language sql security definer"
            " as $$ update hotel.room_booking set status = 'CONFIRMED', paid_at = now()"
            " where id = 1 $$; select public.confirm()",
            id="function",
        ),
        pytest.param(
            "begin; set constraints all deferred; update hotel.room_booking"
            " set status = 'CONFIRMED', paid_at = now() where id = 1; commit",
            id="deferred",
        ),
        pytest.param(
            f"begin; {CONFIRM}; prepare transaction 'control';commit prepared 'control'",
            id="two-phase",
        ),
    ],
)
def test_a_legal_move_passes_and_is_recorded_once(
    attacked: Attacked, app: psycopg.Connection, statement: str
) -> None:
    # The parts of a two-phase commit are statements of their own.
    for part in statement.split(";commit prepared", 1):
        text = part if part == statement or part.startswith("begin") else f"commit prepared{part}"
        app.execute(text.encode())

    assert attacked.state(1) == "CONFIRMED"
    assert attacked.history(1) == [("birth", None, "PENDING"), CONFIRMED]
    assert attacked.found() == set()


@pytest.mark.parametrize(
    ("statement", "booking", "state"),
    [
        pytest.param(
            "insert into hotel.room_booking (id, status, paid_at) values (1, 'CONFIRMED', now())"
            " on conflict (id) do update set status = excluded.status, paid_at = excluded.paid_at",
            1,
            "CONFIRMED",
            id="guarded",
        ),
        pytest.param(
            "insert into hotel.room_booking (id, status, room_id) values (2, 'CHECKED_IN', 3)"
            " on conflict (id) do update set status = excluded.status, room_id = excluded.room_id,"
            " checked_in_at = excluded.checked_in_at",
            2,
            "CHECKED_IN",
            id="stamped",
        ),
        pytest.param(
            "insert into hotel.room_booking (id, status, room_id) values (2, 'CANCELLED', 3)"
            " on conflict (id) do update set status = excluded.status",
            2,
            "CANCELLED",
            id="cleared",
        ),
        pytest.param(
            "insert into hotel.room_booking (id, status, room_id, checked_in_at)"
            " values (2, 'CHECKED_OUT', 3, now()) on conflict (id) do nothing",
            2,
            "CONFIRMED",
            id="nothing done",
        ),
    ],
)
def test_an_upsert_brings_a_legal_move(
    attacked: Attacked, app: psycopg.Connection, statement: str, booking: int, state: str
) -> None:
    app.execute(statement.encode())

    assert attacked.state(booking) == state
    assert attacked.found() == set()


def test_rows_are_copied_in(attacked: Attacked, app: psycopg.Connection) -> None:
    with app.cursor().copy("copy hotel.room_booking (id, note) from stdin") as copy:
        for number in range(100, 200):
            copy.write_row((number, "copied"))

    assert attacked.history(150) == [("birth", None, "PENDING")]
    assert attacked.found() == set()


def test_a_savepoint_rolled_back_leaves_no_entry(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with attacked.unchanged(), app.transaction():
        app.execute("savepoint before")
        app.execute(CONFIRM)
        app.execute("rollback to savepoint before")


def test_one_transaction_makes_a_life_with_an_entry_for_each_step(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    with app.transaction():
        app.execute("insert into hotel.room_booking (id, paid_at) values (20, now())")
        app.execute("update hotel.room_booking set status = 'CONFIRMED' where id = 20")
        app.execute(
            "update hotel.room_booking set status = 'CHECKED_IN', room_id = 3 where id = 20"
        )

    assert attacked.history(20) == [
        ("birth", None, "PENDING"),
        CONFIRMED,
        ("move", "CONFIRMED", "CHECKED_IN"),
    ]
    assert attacked.value("checked_in_at", 20) is not None
    assert attacked.found() == set()


def test_a_deletion_that_the_spec_allows(attacked: Attacked, app: psycopg.Connection) -> None:
    app.execute("delete from hotel.room_booking where id = 7")

    assert attacked.history(7)[-1] == ("death", "PENDING", None)
    assert attacked.found() == set()


@pytest.mark.parametrize("isolation", list(psycopg.IsolationLevel), ids=lambda it: it.name.lower())
def test_births_and_deaths_at_every_isolation(
    attacked: Attacked, app: psycopg.Connection, isolation: psycopg.IsolationLevel
) -> None:
    app.isolation_level = isolation
    app.autocommit = False
    app.execute("insert into hotel.room_booking (id) values (20), (21)")
    app.execute("delete from hotel.room_booking where id = 20")
    app.commit()
    app.execute("delete from hotel.room_booking where id = 21")
    app.commit()

    assert attacked.history(20)[-1] == attacked.history(21)[-1] == ("death", "PENDING", None)
    assert attacked.found() == set()


def test_silent_triggers_of_others_are_no_hindrance(
    attacked: Attacked, app: psycopg.Connection
) -> None:
    attacked.session(OWNER).execute(
        "create function hotel.silent() returns trigger language plpgsql as"
        " $$ begin return new; end $$;"
        "create trigger aa_silent before insert or update on hotel.room_booking"
        " for each row execute function hotel.silent();"
        "create trigger zz_silent before insert or update on hotel.room_booking"
        " for each row execute function hotel.silent();"
        "create trigger zz_after after insert or update on hotel.room_booking"
        " for each row execute function hotel.silent()"
    )

    app.execute(CONFIRM)
    app.execute("update hotel.room_booking set status = 'CHECKED_IN', room_id = 3 where id = 1")

    assert attacked.history(1)[1:] == [CONFIRMED, ("move", "CONFIRMED", "CHECKED_IN")]
