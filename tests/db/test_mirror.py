"""Mirrors: a column elsewhere follows the state, however a row moves, and nobody else writes it."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors
from tests.db import mirrored_rooms as rooms
from tests.db.mirrored_rooms import add, build, build_bare, enter, inn, move, taken, to_room, wrong

import pginterlock
from pginterlock import apply, measuring, steps, uninstall
from pginterlock.errors import GuardFailed, MirrorDisagrees, SpecError
from pginterlock.findings import Severity
from pginterlock.model import Spec
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]
Make = Callable[..., str]


@pytest.fixture
def kept(make_database: Make, connect: Connect) -> psycopg.Connection:
    """A session where the mirror is kept."""
    return connect(make_database("inn_kept", build), autocommit=True)


@pytest.fixture
def guarded(make_database: Make, connect: Connect) -> psycopg.Connection:
    """A session where a guest enters no broken room."""
    return connect(make_database("inn_guarded", rooms.build_guarded), autocommit=True)


@pytest.fixture
def bare(make_database: Make, connect: Connect) -> psycopg.Connection:
    """A session where no machine is."""
    return connect(make_database("inn_bare", build_bare), autocommit=True)


def refused(session: psycopg.Connection, statement: str) -> pginterlock.errors.Refused:
    """Return the refusal of *statement*."""
    with pytest.raises(psycopg.IntegrityError) as caught:
        session.execute(statement.encode())
    found = pginterlock.refusal(caught.value)
    assert found
    return found


def errors_of(session: psycopg.Connection, asked: Spec | None = None) -> list[str]:
    found = verify(session, asked or inn()).findings
    return [it.code for it in found if it.severity is Severity.ERROR]


def test_a_room_is_taken_while_a_guest_is_in(kept: psycopg.Connection) -> None:
    seen = []
    enter(kept, 1, 5)
    seen.append(taken(kept))
    for state in ("LONG", "OUT"):
        move(kept, 1, state)
        seen.append(taken(kept))

    assert seen == [[5], [5], []]
    assert errors_of(kept) == []


def test_what_is_free_again_can_be_taken_again(kept: psycopg.Connection) -> None:
    enter(kept, 1, 5)
    move(kept, 1, "NEW")
    assert taken(kept) == []

    move(kept, 1, "IN")

    assert taken(kept) == [5]


def test_a_room_with_two_guests_is_free_when_both_have_left(kept: psycopg.Connection) -> None:
    enter(kept, 1, 5)
    enter(kept, 2, 5)
    move(kept, 1, "OUT")
    assert taken(kept) == [5]

    move(kept, 2, "OUT")

    assert taken(kept) == []


def test_a_guest_who_moves_leaves_one_room_and_takes_another(kept: psycopg.Connection) -> None:
    enter(kept, 1, 5)

    to_room(kept, 1, 3)

    assert taken(kept) == [3]


def test_a_row_with_no_room_takes_none(kept: psycopg.Connection) -> None:
    enter(kept, 1, None)
    assert taken(kept) == []
    to_room(kept, 1, 4)
    assert taken(kept) == [4]

    to_room(kept, 1, None)

    assert taken(kept) == []


def test_a_booking_that_is_deleted_leaves_its_room(kept: psycopg.Connection) -> None:
    enter(kept, 1, 5)

    kept.execute("delete from inn.booking where id = 1")

    assert taken(kept) == []


def test_a_booking_that_begins_in_such_a_state_takes_its_room(bare: psycopg.Connection) -> None:
    apply.install(bare, rooms.changed("initial: [NEW]", "initial: [NEW, IN]"))

    bare.execute("insert into inn.booking values (1, 'IN', 5), (2, 'NEW', 6)")

    assert taken(bare) == [5]


def test_state_and_room_may_change_at_once(kept: psycopg.Connection) -> None:
    add(kept, 1, 5)
    kept.execute("update inn.booking set status = 'IN', room_id = 6 where id = 1")
    assert taken(kept) == [6]

    kept.execute("update inn.booking set status = 'OUT', room_id = 7 where id = 1")

    assert taken(kept) == []


def test_one_statement_moves_many(kept: psycopg.Connection) -> None:
    for number in range(1, 8):
        add(kept, number, number)
    kept.execute("update inn.booking set status = 'IN'")
    assert taken(kept) == [1, 2, 3, 4, 5, 6, 7]

    kept.execute("update inn.booking set room_id = 8 - room_id where id <> 4")
    assert taken(kept) == [1, 2, 3, 4, 5, 6, 7]
    kept.execute("update inn.booking set room_id = 9 where id = 1")
    kept.execute("update inn.booking set status = 'OUT' where id in (2, 3)")

    assert taken(kept) == [1, 2, 3, 4, 9]
    assert wrong(kept) == []


def test_what_is_rolled_back_leaves_nothing(kept: psycopg.Connection) -> None:
    add(kept, 1, 5)
    with kept.transaction(force_rollback=True):
        move(kept, 1, "IN")
        assert taken(kept) == [5]

    assert taken(kept) == []


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("update inn.room set is_taken = true where id = 5", id="update"),
        pytest.param("insert into inn.room values (20, true)", id="insert"),
        pytest.param(
            "insert into inn.room values (5) on conflict (id) do update set is_taken = true",
            id="upsert",
        ),
        pytest.param(
            "merge into inn.room as r using (values (5)) as v (id) on r.id = v.id"
            " when matched then update set is_taken = true",
            id="merge",
        ),
        pytest.param("update inn.room set is_taken = not is_taken", id="all of them"),
        pytest.param(
            "with free as (update inn.room set is_taken = true where id = 5 returning id)"
            " select id from free",
            id="from within a query",
        ),
    ],
)
def test_nobody_else_says_that_a_room_is_taken(kept: psycopg.Connection, statement: str) -> None:
    told = refused(kept, statement)

    assert isinstance(told, MirrorDisagrees)
    assert (told.code, told.machine, told.rule) == ("IL09", "booking", "mirror")
    assert told.table == "inn.room"
    assert taken(kept) == []


def test_nobody_else_says_that_a_room_is_free(kept: psycopg.Connection) -> None:
    enter(kept, 1, 5)

    told = refused(kept, "update inn.room set is_taken = false where id = 5")

    assert told.message == (
        "booking: inn.room 5: is_taken cannot be false: a row of inn.booking in IN, LONG has it as"
        " room_id"
    )
    assert told.key == {"id": 5}
    assert "move that row instead" in (told.hint or "")


def test_what_is_true_may_be_written_by_anybody(kept: psycopg.Connection) -> None:
    enter(kept, 1, 5)

    kept.execute("update inn.room set is_taken = true, note = 'x' where id = 5")
    kept.execute("update inn.room set note = 'y'")
    kept.execute("insert into inn.room (id) values (20)")
    kept.execute("update inn.room set id = 21 where id = 20")
    kept.execute("delete from inn.room where id = 21")

    assert taken(kept) == [5]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        pytest.param("delete from inn.room where id = 5", "may not be deleted", id="delete"),
        pytest.param("update inn.room set id = 50 where id = 5", "key may not change", id="key"),
        pytest.param("truncate inn.room", "may not be truncated", id="truncate"),
    ],
)
def test_a_room_with_a_guest_stays(kept: psycopg.Connection, statement: str, words: str) -> None:
    enter(kept, 1, 5)

    told = refused(kept, statement)

    assert told.code == "IL09"
    assert words in told.message


def test_a_room_that_comes_under_a_guests_key_must_be_taken(kept: psycopg.Connection) -> None:
    kept.execute("alter table inn.booking disable trigger user")
    kept.execute("insert into inn.booking values (1, 'IN', 30)")
    kept.execute("alter table inn.booking enable trigger user")
    assert refused(kept, "insert into inn.room values (30, false)").code == "IL09"

    kept.execute("insert into inn.room values (30, true)")

    assert wrong(kept) == []


def test_a_guest_in_no_room_that_is_there_is_refused(kept: psycopg.Connection) -> None:
    add(kept, 1, 99)

    told = refused(kept, "update inn.booking set status = 'IN' where id = 1")

    assert isinstance(told, MirrorDisagrees)
    assert told.message == "booking 1: no row of inn.room has id = 99"
    assert (told.table, told.from_state, told.to_state) == ("inn.booking", "NEW", "IN")


def test_a_trigger_that_swallows_the_write_is_found_out(kept: psycopg.Connection) -> None:
    kept.execute(
        "create function inn.swallow() returns trigger language plpgsql as 'begin return null; end'"
    )
    kept.execute(
        "create trigger swallow before update on inn.room for each row"
        " execute function inn.swallow()"
    )
    add(kept, 1, 5)

    assert refused(kept, "update inn.booking set status = 'IN' where id = 1").code == "IL09"


def test_a_trigger_that_writes_another_value_is_found_out(kept: psycopg.Connection) -> None:
    kept.execute(
        "create function inn.turn() returns trigger language plpgsql as"
        " 'begin new.is_taken := not new.is_taken; return new; end'"
    )
    kept.execute(
        "create trigger zz before update on inn.room for each row execute function inn.turn()"
    )
    add(kept, 1, 5)

    told = refused(kept, "update inn.booking set status = 'IN' where id = 1")

    assert told.message == "booking 1: another trigger keeps is_taken of inn.room 5 from being true"


@pytest.mark.parametrize("checks", ["function", "native", "trigger"])
def test_every_form_of_checks_keeps_it(bare: psycopg.Connection, checks: str) -> None:
    apply.install(bare, inn(checks=checks))
    enter(bare, 1, 5)
    to_room(bare, 1, 6)

    assert taken(bare) == [6]
    assert steps.make_plan(bare, inn(checks=checks)).is_empty


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        pytest.param("integer", "1", "2", id="integer"),
        pytest.param("text", "'A-1'", "'A-2'", id="text"),
        pytest.param("varchar(20)", "'A-1'", "'A-2'", id="varchar"),
        pytest.param(
            "uuid",
            "'00000000-0000-0000-0000-000000000001'",
            "'00000000-0000-0000-0000-000000000002'",
            id="uuid",
        ),
        pytest.param("inn.place", "'north'", "'south'", id="enum"),
        pytest.param("inn.code", "'a'", "'b'", id="domain"),
    ],
)
def test_keys_of_many_types(bare: psycopg.Connection, kind: str, one: str, other: str) -> None:
    bare.execute("create type inn.place as enum ('north', 'south')")
    bare.execute("create domain inn.code as text check (value <> '')")
    bare.execute("drop table inn.room")
    bare.execute(f'create table inn.room ("No" {kind} primary key, "is taken" boolean)'.encode())
    bare.execute(f"insert into inn.room values ({one}, false), ({other}, false)".encode())
    bare.execute(f"alter table inn.booking alter room_id type {kind} using null".encode())
    asked = rooms.changed("column: is_taken", "column: is taken")
    apply.install(bare, asked)
    bare.execute(f"insert into inn.booking (id, room_id) values (1, {one})".encode())
    move(bare, 1, "IN")
    bare.execute(f"update inn.booking set room_id = {other}".encode())

    query = 'select "No"::text from inn.room where "is taken"'
    assert bare.execute(query).fetchall() == [(other.strip("'"),)]
    assert steps.make_plan(bare, asked).is_empty
    assert errors_of(bare, asked) == []


def test_a_guest_enters_no_broken_room(guarded: psycopg.Connection) -> None:
    guarded.execute("update inn.room set is_broken = true where id = 5")
    add(guarded, 1, 5)

    told = refused(guarded, "update inn.booking set status = 'IN' where id = 1")

    assert isinstance(told, GuardFailed)
    assert told.message == "booking 1: NEW -> IN needs not is_broken (on inn.room)"
    assert (told.event, told.missing) == ("enter", ("inn.room.is_broken",))


@pytest.mark.parametrize("room", [pytest.param(None, id="none"), pytest.param(99, id="no such")])
def test_a_guard_on_a_room_that_is_not_there_does_not_hold(
    guarded: psycopg.Connection, room: int | None
) -> None:
    add(guarded, 1, room)

    assert refused(guarded, "update inn.booking set status = 'IN' where id = 1").code == "IL04"


def test_null_is_no_yes(guarded: psycopg.Connection) -> None:
    guarded.execute("alter table inn.room alter is_broken drop not null")
    guarded.execute("update inn.room set is_broken = null where id = 5")
    add(guarded, 1, 5)

    assert refused(guarded, "update inn.booking set status = 'IN' where id = 1").code == "IL04"


def test_a_room_may_break_under_its_guest(guarded: psycopg.Connection) -> None:
    enter(guarded, 1, 5)

    guarded.execute("update inn.room set is_broken = true where id = 5")
    move(guarded, 1, "OUT")

    assert taken(guarded) == []


def test_allowed_knows_the_guard(guarded: psycopg.Connection) -> None:
    add(guarded, 1, 5)
    query = "select possible, needs from interlock.allowed('booking', 1) where event = 'enter'"
    assert guarded.execute(query).fetchall() == [(True, [])]

    guarded.execute("update inn.room set is_broken = true where id = 5")

    assert guarded.execute(query).fetchall() == [(False, ["not is_broken (on inn.room)"])]


def test_a_guard_needs_no_mirror(bare: psycopg.Connection) -> None:
    asked = rooms.guard_alone()
    apply.install(bare, asked)
    bare.execute("update inn.room set is_broken = true where id = 5")
    add(bare, 1, 5)
    enter(bare, 2, 6)

    assert refused(bare, "update inn.booking set status = 'IN' where id = 1").code == "IL04"
    assert steps.make_plan(bare, asked).is_empty
    assert errors_of(bare, asked) == []
    uninstall.take_off(bare, [], drop_history=True)
    assert left_of_ours(bare) == []


LEFT = """
select tgname::text from pg_trigger where tgname like 'interlock%'
union all select proname::text from pg_proc where proname like 'interlock%'
union all select relname::text from pg_class where relname like 'interlock%'
"""


def left_of_ours(session: psycopg.Connection) -> list[str]:
    return [row[0] for row in session.execute(LEFT).fetchall()]


def test_uninstall_takes_all_of_it_off(kept: psycopg.Connection) -> None:
    uninstall.take_off(kept, [], drop_history=True)

    assert left_of_ours(kept) == []
    kept.execute("update inn.room set is_taken = true")


def test_uninstall_finds_what_is_left_where_the_table_is_gone(kept: psycopg.Connection) -> None:
    kept.execute("drop table inn.booking")

    uninstall.take_off(kept, [], drop_history=True)

    assert left_of_ours(kept) == ["interlock_booking_row"]
    kept.execute("update inn.room set is_taken = true")


def test_a_spec_that_drops_the_mirror_takes_it_off(kept: psycopg.Connection) -> None:
    apply.install(kept, rooms.without_mirror())

    assert [it for it in left_of_ours(kept) if "mirror" in it] == []
    assert steps.make_plan(kept, rooms.without_mirror()).is_empty
    kept.execute("update inn.room set is_taken = true")
    assert taken(kept) == list(range(1, 10))


def test_a_spec_that_adds_it_finds_what_disagrees_first(bare: psycopg.Connection) -> None:
    apply.install(bare, rooms.without_mirror())
    enter(bare, 1, 5)
    bare.execute("update inn.room set is_taken = true where id = 6")

    with pytest.raises(pginterlock.errors.UnsafeError) as refusal:
        apply.install(bare, inn())
    assert "IL09 mirror taken: 2 rows" in str(refusal.value)
    bare.execute("update inn.room set is_taken = id = 5")
    apply.install(bare, inn())

    assert taken(bare) == [5]
    assert errors_of(bare) == []


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        pytest.param(
            "alter table inn.room disable trigger interlock_50_booking_mirror_taken",
            "trigger-disabled",
            id="disabled",
        ),
        pytest.param(
            "alter table inn.room enable trigger interlock_50_booking_mirror_taken",
            "trigger-disabled",
            id="not always",
        ),
        pytest.param(
            "drop trigger interlock_50_booking_mirror_taken on inn.room",
            "trigger-missing",
            id="dropped",
        ),
        pytest.param(
            "drop trigger interlock_90_booking_mirror_taken on inn.room",
            "trigger-missing",
            id="truncate",
        ),
        pytest.param(
            "drop function interlock.booking_mirror_taken() cascade",
            "function-missing",
            id="function",
        ),
        pytest.param(
            "create or replace function inn.interlock_booking_mirror_taken(p_key bigint,"
            " p_other bigint, p_value boolean) returns boolean language sql as 'select true'",
            "function-changed",
            id="the writing function",
        ),
        pytest.param(
            "drop index inn.interlock_booking_seek_mirror_taken", "index-missing", id="index"
        ),
        pytest.param(
            "drop trigger interlock_50_booking_mirror_taken on inn.room;"
            " create function inn.nothing() returns trigger language plpgsql as"
            " 'begin return null; end';"
            " create constraint trigger interlock_50_booking_mirror_taken after insert or update or"
            " delete on inn.room for each row execute function inn.nothing()",
            "trigger-changed",
            id="another trigger in its place",
        ),
    ],
)
def test_drift_over_there_is_found_and_put_right(
    kept: psycopg.Connection, statement: str, code: str
) -> None:
    enter(kept, 1, 5)
    kept.execute(statement.encode())
    assert code in errors_of(kept)

    apply.install(kept, inn())

    assert errors_of(kept) == []
    assert refused(kept, "update inn.room set is_taken = false where id = 5").code == "IL09"


def test_verify_lists_what_disagrees(kept: psycopg.Connection) -> None:
    enter(kept, 1, 5)
    kept.execute("alter table inn.room disable trigger user")
    kept.execute("update inn.room set is_taken = id in (6, 7)")
    kept.execute("alter table inn.booking disable trigger user")
    kept.execute("insert into inn.booking values (8, 'LONG', 99)")

    found = verify(kept, inn(), scope=Scope(history=False, probes=False)).findings

    told = [it for it in found if it.code == "IL09"]
    assert [(it.subject, it.count, it.samples) for it in told] == [
        (
            "inn.room",
            3,
            (
                {"id": 5, "is_taken": False},
                {"id": 6, "is_taken": True},
                {"id": 7, "is_taken": True},
            ),
        ),
        ("inn.booking", 1, ({"id": 8},)),
    ]


MISFITS = [
    pytest.param("table: inn.room", "table: inn.rooms", "table inn.rooms does not exist; did you"
        " mean 'inn.room'?", "20:15", id="no table"),
    pytest.param("column: is_taken", "column: is_takn", "table inn.room has no column 'is_takn';"
        " did you mean 'is_taken'?", "20:46", id="no column"),
    pytest.param("column: is_taken", "column: note", "column 'note' of inn.room is text; a mirror"
        " is a boolean", "20:46", id="no boolean"),
    pytest.param("key: room_id", "key: rom_id", "table inn.booking has no column 'rom_id'; did you"
        " mean 'room_id'?", "20:32", id="no key"),
    pytest.param("key: room_id", "key: note", "column 'note' is text, and 'id' of inn.room is"
        " bigint: they must be of one type", "20:32", id="another type"),
    pytest.param("table: inn.room", "table: inn.hall", "inn.hall has no primary key, and no one"
        " unique key that is not null, of a single column", "20:15", id="no key there"),
    pytest.param("table: inn.room", "table: inn.view", "inn.view is no plain table; a row of one is"
        " locked and read", "20:15", id="a view"),
    pytest.param("guard: id > 0", "guard: {on: inn.room, check: not is_brokn}", "table inn.room has"
        " no column 'is_brokn'; did you mean 'is_broken'?", "12:56", id="guard"),
    pytest.param("guard: id > 0", "guard: {on: inn.romo, key: room_id, check: a}", "table inn.romo"
        " does not exist; did you mean 'inn.room'?", "12:42", id="guard on no table"),
    pytest.param("guard: id > 0", "guard: {on: inn.room, check: note}", "argument of AND must be"
        " type boolean, not type text", "12:56", id="guard that is no condition"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message", "place"), MISFITS)
def test_what_does_not_fit_is_told_with_its_place(
    bare: psycopg.Connection, old: str, new: str, message: str, place: str
) -> None:
    bare.execute("create table inn.hall (a bigint, b bigint, is_taken boolean, primary key (a, b))")
    bare.execute("create view inn.view as select * from inn.room")

    with pytest.raises(SpecError) as refusal:
        steps.make_plan(bare, rooms.changed(old, new))

    [told] = refusal.value.problems
    assert message in told
    assert told.startswith(f"inn.yaml:{place}: ")


def test_a_superusers_table_with_triggers_of_others_is_refused(bare: psycopg.Connection) -> None:
    bare.execute("grant trigger on inn.room to public")

    with pytest.raises(SpecError, match="public may put triggers on"):
        steps.make_plan(bare, inn())


def test_row_security_hides_what_a_mirror_follows(bare: psycopg.Connection) -> None:
    bare.execute("alter table inn.booking enable row level security")

    with pytest.raises(SpecError, match="has row security"):
        steps.make_plan(bare, inn())


def test_a_unique_column_may_be_the_key_there(bare: psycopg.Connection) -> None:
    bare.execute("alter table inn.room drop constraint room_pkey")
    bare.execute("alter table inn.room add primary key (id, is_broken), add unique (id)")

    apply.install(bare, inn())
    enter(bare, 1, 5)

    assert taken(bare) == [5]


def test_foreign_keys_do_not_mind(kept: psycopg.Connection) -> None:
    kept.execute(
        "alter table inn.booking add foreign key (room_id) references inn.room on delete set null"
    )
    enter(kept, 1, 5)

    kept.execute("delete from inn.room where id = 5")

    assert kept.execute("select room_id from inn.booking").fetchall() == [(None,)]
    assert wrong(kept) == []


def test_the_locks_of_the_plan_are_measured_there_too(bare: psycopg.Connection) -> None:
    with measuring.copying(bare) as place:
        told = measuring.measured(bare, steps.make_plan(bare, inn()), place)

    assert told.locks.startswith("measured")
    trigger = next(
        it for it in told.steps if it.title.endswith("room interlock_50_booking_mirror_taken")
    )
    assert str(trigger.locks[0]) == "ShareRowExclusive on inn.room"


def test_a_writer_without_rights_on_the_room_moves_his_guest(
    kept: psycopg.Connection,
) -> None:
    kept.execute(
        "do $$ begin if to_regrole('inn_desk') is null then create role inn_desk; end if; end $$"
    )
    kept.execute("grant usage on schema inn to inn_desk")
    kept.execute("grant select, insert, update on inn.booking to inn_desk")
    kept.execute("set role inn_desk")

    enter(kept, 1, 5)

    kept.execute("reset role")
    assert taken(kept) == [5]
    kept.execute("drop owned by inn_desk")


def test_nobody_calls_the_function_that_writes(kept: psycopg.Connection) -> None:
    kept.execute("set role pg_monitor")
    with pytest.raises(errors.InsufficientPrivilege):
        kept.execute("select inn.interlock_booking_mirror_taken(5, null, true)")
    kept.execute("reset role")
