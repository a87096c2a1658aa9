"""Claims: one row at a time holds a resource; the index is the server's, and drift is found."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors
from tests.db.claimed_desks import add, build_bare, changed, hold, office

import pginterlock
from pginterlock import apply, spec, steps, uninstall
from pginterlock.errors import ClaimTaken, EnvironmentFault, SpecError
from pginterlock.findings import Severity
from pginterlock.model import Spec
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]
Make = Callable[..., str]
INDEXES = "select relname from pg_class where relname like 'interlock%%claim%%' order by relname"


def build_held(session: psycopg.Connection) -> None:
    build_bare(session)
    apply.install(session, office())


@pytest.fixture
def held(make_database: Make, connect: Connect) -> psycopg.Connection:
    """A session where both claims are held."""
    return connect(make_database("office_held", build_held), autocommit=True)


@pytest.fixture
def bare(make_database: Make, connect: Connect) -> psycopg.Connection:
    """A session where no machine is."""
    return connect(make_database("office_bare", build_bare), autocommit=True)


def refused(session: psycopg.Connection, statement: str) -> ClaimTaken:
    """Return the refusal of *statement*."""
    with pytest.raises(psycopg.IntegrityError) as caught:
        session.execute(statement.encode())
    found = pginterlock.refusal(caught.value)
    assert isinstance(found, ClaimTaken)
    return found


def errors_of(session: psycopg.Connection, **forms: str) -> list[str]:
    found = verify(session, office(**forms)).findings
    return [it.code for it in found if it.severity is Severity.ERROR]


def test_a_room_is_held_once_at_a_time_and_the_refusal_names_who_holds_it(
    held: psycopg.Connection,
) -> None:
    add(held, 1, room=7, days=(1, 4))
    add(held, 2, room=7, days=(3, 6))
    hold(held, 1)

    told = refused(held, "update office.booking set status = 'HELD' where id = 2")

    assert (told.code, told.machine, told.claim, told.sqlstate) == (
        "IL15",
        "booking",
        "room",
        "23P01",
    )
    assert told.constraint == "interlock_booking_claim_room"
    assert told.table == "office.booking"
    assert told.holder["id"] == "1"
    assert told.wanted["id"] == "2"
    assert told.holder["daterange(starts, ends)"] == "[2026-01-02,2026-01-05)"


def test_a_desk_is_held_once_and_the_refusal_names_the_desk(held: psycopg.Connection) -> None:
    add(held, 1, desk=3)
    add(held, 2, desk=3, days=(20, 30))
    hold(held, 1)

    told = refused(held, "update office.booking set status = 'HELD' where id = 2")

    assert (told.claim, told.sqlstate, told.wanted) == ("desk", "23505", {"desk": "3"})


def test_one_stay_begins_on_the_day_another_ends(held: psycopg.Connection) -> None:
    add(held, 1, room=7, days=(1, 4))
    add(held, 2, room=7, days=(4, 6))

    hold(held, 1)
    hold(held, 2)

    assert errors_of(held) == []


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("update office.booking set room = 7 where id = 2", id="by taking the room"),
        pytest.param("update office.booking set starts = '2026-01-03' where id = 3", id="by dates"),
        pytest.param("update office.booking set status = 'HELD' where id = 4", id="by the state"),
    ],
)
def test_however_a_row_comes_to_hold_it(held: psycopg.Connection, statement: str) -> None:
    add(held, 1, room=7, days=(1, 4))
    add(held, 2, room=8, days=(1, 4))
    add(held, 3, room=7, days=(4, 6))
    add(held, 4, room=7, days=(1, 4))
    for number in (1, 2, 3):
        hold(held, number)

    assert refused(held, statement).claim == "room"


def test_what_was_let_go_is_free_and_coming_back_counts(held: psycopg.Connection) -> None:
    for number in (1, 2):
        add(held, number, room=7, desk=3)
    hold(held, 1)
    held.execute("update office.booking set status = 'NEW' where id = 1")

    hold(held, 2)

    assert refused(held, "update office.booking set status = 'HELD' where id = 1").machine


def test_a_row_without_resource_holds_nothing(held: psycopg.Connection) -> None:
    for number in (1, 2):
        add(held, number)
        hold(held, number)

    held.execute("update office.booking set starts = null where id = 1")

    assert errors_of(held) == []


@pytest.mark.parametrize("checks", ["function", "native", "trigger"])
@pytest.mark.parametrize(
    "assignment",
    [
        pytest.param("starts = null", id="without beginning"),
        pytest.param("ends = null", id="without end"),
        pytest.param("ends = starts", id="empty"),
    ],
)
def test_a_range_that_the_index_does_not_see_is_refused_by_a_row_rule(
    bare: psycopg.Connection, checks: str, assignment: str
) -> None:
    apply.install(bare, office(checks=checks))
    add(bare, 1, room=7)
    hold(bare, 1)

    told = refused(bare, f"update office.booking set {assignment} where id = 1")

    assert (told.code, told.sqlstate, told.constraint) == ("IL15", "23514", "booking.claim")
    assert told.key == {"id": 1}


def test_it_holds_with_every_trigger_off(held: psycopg.Connection) -> None:
    for number in (1, 2):
        add(held, number, room=7, desk=3)
    held.execute("set session_replication_role = replica")
    held.execute("alter table office.booking disable trigger user")
    hold(held, 1)

    with pytest.raises((errors.ExclusionViolation, errors.UniqueViolation)):
        hold(held, 2)


def test_who_may_not_read_the_table_is_told_no_key_of_another_row(
    held: psycopg.Connection,
) -> None:
    add(held, 1, room=7)
    hold(held, 1)
    held.execute("create role office_writer")
    try:
        held.execute("grant usage on schema office to office_writer")
        held.execute(
            "grant insert, update (status), select (status) on office.booking to office_writer"
        )
        held.execute("set role office_writer")
        held.execute("insert into office.booking values (2, 'NEW', 7, '2026-01-01', '2026-01-09')")
        told = refused(held, "update office.booking set status = 'HELD' where status = 'NEW'")
    finally:
        held.execute("reset role")
        held.execute("drop owned by office_writer; drop role office_writer")

    assert told.claim == "room"
    assert (told.wanted, told.holder) == ({}, {})


@pytest.mark.parametrize("mode", ["observe", "ratchet"])
def test_what_only_observes_has_no_index_that_refuses_and_verify_lists_the_pairs(
    bare: psycopg.Connection, mode: str
) -> None:
    for number in (1, 2, 3):
        add(bare, number, room=7, desk=number % 2)
        hold(bare, number)
    apply.install(bare, office(mode=mode))

    assert bare.execute(INDEXES).fetchall() == []
    found = {
        it.message.split(":")[0]: it
        for it in verify(bare, office(mode=mode)).findings
        if it.code == "IL15"
    }
    assert {name: it.count for name, it in found.items()} == {"claim room": 2, "claim desk": 1}
    [pair] = found["claim desk"].samples
    assert (pair["key"], pair["other"]) == ({"id": 3}, {"id": 1})
    assert pair["resource"] == {"desk": "1"}


def test_a_mode_that_goes_back_takes_the_indexes_off(held: psycopg.Connection) -> None:
    apply.install(held, office(mode="observe"))

    assert held.execute(INDEXES).fetchall() == []
    assert steps.make_plan(held, office(mode="observe")).steps == ()


def test_uninstall_takes_the_indexes_off(held: psycopg.Connection) -> None:
    uninstall.take_off(held, [], drop_history=False)

    assert held.execute(INDEXES).fetchall() == []


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        pytest.param(
            "drop index office.interlock_booking_claim_desk", "index-missing", id="index dropped"
        ),
        pytest.param(
            "alter table office.booking drop constraint interlock_booking_claim_room",
            "index-missing",
            id="constraint dropped",
        ),
        pytest.param(
            "update pg_index set indisready = false"
            " where indexrelid = 'office.interlock_booking_claim_desk'::regclass",
            "index-not-in-force",
            id="B114: marked not ready by a superuser",
        ),
        pytest.param(
            "update pg_index set indisready = false"
            " where indexrelid = 'office.interlock_booking_claim_room'::regclass",
            "index-not-in-force",
            id="B114: the index of the exclusion constraint",
        ),
        pytest.param(
            "do $$ declare v_note text = obj_description("
            "'office.interlock_booking_claim_desk'::regclass, 'pg_class'); begin"
            " drop index office.interlock_booking_claim_desk;"
            " create index interlock_booking_claim_desk on office.booking (desk);"
            " execute format('comment on index office.interlock_booking_claim_desk is %L', v_note);"
            " end $$",
            "index-changed",
            id="another index of that name, with our comment",
        ),
        pytest.param(
            "do $$ declare v_note text = obj_description("
            "'office.interlock_booking_claim_desk'::regclass, 'pg_class'); begin"
            " drop index office.interlock_booking_claim_desk;"
            " create unique index interlock_booking_claim_desk on office.booking (desk)"
            " where status = 'HELD' and desk is not null;"
            " execute format('comment on index office.interlock_booking_claim_desk is %L', v_note);"
            " end $$",
            "index-changed",
            id="one that covers fewer states",
        ),
        pytest.param(
            "create unique index interlock_booking_claim_desk_next on office.booking (desk)",
            "index-left-over",
            id="an unfinished build",
        ),
    ],
)
def test_drift_is_found_and_apply_puts_it_right(
    held: psycopg.Connection, damage: str, code: str
) -> None:
    add(held, 1, room=7, desk=3)
    hold(held, 1)
    held.execute(damage.encode())

    assert errors_of(held) == [code]
    apply.install(held, office())
    assert errors_of(held) == []


def test_b114_a_duplicate_that_was_written_meanwhile_is_found(held: psycopg.Connection) -> None:
    for number in (1, 2):
        add(held, number, desk=3, room=number)
    hold(held, 1)
    held.execute(
        "update pg_index set indisready = false, indisvalid = false"
        " where indexrelid = 'office.interlock_booking_claim_desk'::regclass"
    )
    hold(held, 2)
    held.execute(
        "update pg_index set indisready = true, indisvalid = true"
        " where indexrelid = 'office.interlock_booking_claim_desk'::regclass"
    )

    report = verify(held, office(), scope=Scope(probes=False))
    [finding] = [it for it in report.findings if it.severity is Severity.ERROR]

    assert (finding.code, finding.count) == ("IL15", 1)


def test_a_claim_that_changes_is_never_without_an_index(held: psycopg.Connection) -> None:
    add(held, 1, room=7, desk=3)
    hold(held, 1)
    fewer = changed("[desk], in: [HELD, USED]", "[desk], in: [HELD]")
    seen: list[bool] = []

    def look(title: str) -> None:
        if "claim_desk" in title:
            row = held.execute(
                "select bool_or(indisvalid) from pg_index"
                " where indexrelid = 'office.interlock_booking_claim_desk'::regclass"
            ).fetchone()
            seen.append(row == (True,))

    plan = apply.install(held, fewer, progress=look)

    built = [s.part for s in plan.steps if "index interlock_booking_claim_desk" in s.title]
    assert built == ["apart", "apart", "claim"]
    assert seen
    assert all(seen)
    assert steps.make_plan(held, fewer).steps == ()


def test_a_claim_that_gets_a_range_replaces_its_index(held: psycopg.Connection) -> None:
    ranged = changed(
        "desk: {resource: [desk], in: [HELD, USED]}",
        'desk: {resource: [desk], during: "daterange(starts, ends)", in: [HELD, USED]}',
    )

    apply.install(held, ranged)
    assert steps.make_plan(held, ranged).steps == ()
    apply.install(held, office())
    assert steps.make_plan(held, office()).steps == ()


@pytest.mark.parametrize(
    ("during", "told"),
    [
        pytest.param("starts", "is no range", id="a date"),
        pytest.param("starts < ends", "operator class|is no range", id="a condition"),
        pytest.param(
            "tstzrange(starts::timestamptz, ends::timestamptz)", "IMMUTABLE", id="a time zone"
        ),
        pytest.param("daterange(starts, desk)", "does not exist", id="types that do not fit"),
    ],
)
def test_a_range_that_is_none_is_told_with_its_place(
    bare: psycopg.Connection, during: str, told: str
) -> None:
    wanted = changed('"daterange(starts, ends)"', f'"{during}"')

    with pytest.raises(SpecError, match=told) as refusal:
        steps.make_plan(bare, wanted)
    assert "office.yaml:18:" in str(refusal.value)
    assert bare.execute("select to_regclass('pg_temp.interlock_twin')").fetchone() == (None,)


def test_a_resource_that_cannot_be_compared_is_told(bare: psycopg.Connection) -> None:
    bare.execute("alter table office.booking add column place point")

    with pytest.raises(SpecError, match="no default operator class"):
        steps.make_plan(bare, changed("resource: [desk]", "resource: [place]"))


def test_a_column_that_is_not_there_is_guessed(bare: psycopg.Connection) -> None:
    with pytest.raises(SpecError, match="no column 'dsek'; did you mean 'desk'"):
        steps.make_plan(bare, changed("resource: [desk]", "resource: [dsek]"))


def test_without_the_right_to_make_the_extension_it_is_asked_for_in_words(
    bare: psycopg.Connection,
) -> None:
    bare.execute("create role office_owner")
    try:
        bare.execute("alter schema office owner to office_owner")
        bare.execute("alter table office.booking owner to office_owner")
        bare.execute("set role office_owner")
        with pytest.raises(EnvironmentFault) as refusal:
            steps.make_plan(bare, office())
    finally:
        bare.execute("reset role")
        bare.execute("reassign owned by office_owner to current_user; drop role office_owner")

    assert "needs the extension btree_gist" in refusal.value.message
    assert refusal.value.remedy == "As a superuser: create extension btree_gist;"


@pytest.mark.parametrize("kind", ["mood", "place.mood_domain", "character varying(20)"])
def test_a_state_of_any_type_can_claim(bare: psycopg.Connection, kind: str) -> None:
    bare.execute(
        "create type public.mood as enum ('NEW', 'HELD', 'USED', 'DONE', 'LOST');"
        "create schema place; create domain place.mood_domain as public.mood;"
        f"alter table office.booking alter status drop default,"
        f" alter status type {kind} using status::text::{kind}"
    )
    apply.install(bare, office())
    for number in (1, 2):
        add(bare, number, room=7, desk=3)
    hold(bare, 1)

    assert steps.make_plan(bare, office()).steps == ()
    assert refused(bare, "update office.booking set status = 'HELD' where id = 2").claim
    assert errors_of(bare) == []


PARTS = """
create table office.part (
    id bigint, status text not null, room integer, starts date, ends date, house integer not null,
    primary key (house, id)
) partition by list (house);
create table office.part_1 partition of office.part for values in (1);
create table office.part_2 partition of office.part for values in (2);
"""


def parts(resource: str, during: str = "") -> Spec:
    text = f"""
interlock: 1
machines:
  part:
    table: office.part
    state: status
    mode: enforce
    initial: [NEW]
    final: [DONE]
    transitions:
      hold: {{from: NEW, to: HELD}}
      finish: {{from: HELD, to: DONE}}
    claims:
      room: {{resource: {resource}, {during} in: HELD}}
"""
    return spec.parse(text, "parts.yaml")


def test_a_partitioned_table_needs_its_partition_key_in_the_resource(
    bare: psycopg.Connection,
) -> None:
    bare.execute(PARTS)

    with pytest.raises(SpecError, match=r"partitioned by house: .* the resource must have house"):
        steps.make_plan(bare, parts("[room]"))


def test_a_claim_holds_on_a_partitioned_table(bare: psycopg.Connection) -> None:
    bare.execute(PARTS)
    wanted = parts("[house, room]")
    plan = apply.install(bare, wanted)
    bare.execute(
        "insert into office.part values (1, 'NEW', 7, null, null, 1), (2, 'NEW', 7, null,"
        " null, 1), (3, 'NEW', 7, null, null, 2)"
    )
    bare.execute("update office.part set status = 'HELD' where id in (1, 3)")

    with pytest.raises(errors.UniqueViolation):
        bare.execute("update office.part set status = 'HELD' where id = 2")
    assert [(s.part, s.lock) for s in plan.steps if "claim" in s.title][-1] == ("claim", "Share")
    assert steps.make_plan(bare, wanted).steps == ()


def test_a_range_on_a_partitioned_table_is_held_where_the_server_can(
    bare: psycopg.Connection,
) -> None:
    bare.execute(PARTS)
    wanted = parts("[house, room]", 'during: "daterange(starts, ends)",')
    if bare.info.server_version < 170000:
        with pytest.raises(SpecError, match="PostgreSQL does from version 17 on"):
            steps.make_plan(bare, wanted)
        return
    apply.install(bare, wanted)
    bare.execute(
        "insert into office.part select n, 'NEW', 7, '2026-01-01', '2026-01-05', 1"
        " from generate_series(1, 2) as n"
    )
    bare.execute("update office.part set status = 'HELD' where id = 1")

    with pytest.raises(errors.ExclusionViolation):
        bare.execute("update office.part set status = 'HELD' where id = 2")
    assert steps.make_plan(bare, wanted).steps == ()
