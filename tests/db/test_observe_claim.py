"""Claims in observe and ratchet: the other holder is looked for at the write."""

import itertools
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from tests.conftest import wait_until_blocked
from tests.db.claimed_desks import TEXT, add, build_bare, hold
from tests.db.test_claim_races import HELD_TWICE

import pginterlock
from pginterlock import apply, promotion, spec, steps, uninstall
from pginterlock.choices import Mode
from pginterlock.errors import ClaimTaken, EnvironmentFault, SpecError
from pginterlock.findings import Severity
from pginterlock.model import Spec
from pginterlock.plan import Part
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]
Make = Callable[..., str]
LEVELS = ["read committed", "repeatable read", "serializable"]
TOLD = "select code, rule_name, key, from_state, to_state, message from interlock.violation"
CLASH = "booking 2: room is held by 1"


def office(mode: str = "observe", more: str = "", change: tuple[str, str] = ("", "")) -> Spec:
    """Return the machine, with *more* at its end and one piece of its text changed."""
    return spec.parse(TEXT.format(mode=mode, checks="function").replace(*change) + more, "o.yaml")


def build(mode: str) -> Callable[[psycopg.Connection], None]:
    def filled(session: psycopg.Connection) -> None:
        build_bare(session)
        apply.install(session, office(mode))

    return filled


@pytest.fixture
def bare(make_database: Make, connect: Connect) -> psycopg.Connection:
    """A session where no machine is."""
    return connect(make_database("office_bare", build_bare), autocommit=True)


@pytest.fixture
def seen(make_database: Make, connect: Connect) -> psycopg.Connection:
    """A session where both claims are observed."""
    return connect(make_database("office_observed", build("observe")), autocommit=True)


@pytest.fixture
def ratchet_dsn(make_database: Make) -> str:
    """A database where both claims are in a ratchet."""
    return make_database("office_ratchet", build("ratchet"))


@pytest.fixture
def ratchet(ratchet_dsn: str, connect: Connect) -> psycopg.Connection:
    return connect(ratchet_dsn, autocommit=True)


def told(session: psycopg.Connection) -> list[str]:
    """Return what was recorded of claims, and forget it."""
    rows = session.execute(
        "select message from interlock.violation where code = 'IL15' order by id"
    )
    found = [message for (message,) in rows]
    session.execute("delete from interlock.violation")
    return found


def behind(session: psycopg.Connection, statement: str) -> None:
    """Write as it was before any machine."""
    session.execute("alter table office.booking disable trigger user")
    session.execute(statement.encode())
    for (name,) in session.execute(
        "select tgname from pg_trigger where tgrelid = 'office.booking'::regclass"
        " and not tgisinternal"
    ).fetchall():
        session.execute(f"alter table office.booking enable always trigger {name}".encode())


def refused(session: psycopg.Connection, statement: str) -> ClaimTaken:
    """Return the refusal of *statement*."""
    with pytest.raises(psycopg.IntegrityError) as caught:
        session.execute(statement.encode())
    found = pginterlock.refusal(caught.value)
    assert isinstance(found, ClaimTaken)
    return found


def errors_of(session: psycopg.Connection, of: Spec) -> list[str]:
    found = verify(session, of, scope=Scope(probes=False)).findings
    return [it.code for it in found if it.severity is Severity.ERROR]


def test_in_observe_an_overlap_goes_through_and_is_recorded_with_the_other_key(
    seen: psycopg.Connection,
) -> None:
    for number in (1, 2):
        add(seen, number, room=7)
    hold(seen, 1)
    assert told(seen) == []

    hold(seen, 2)

    assert seen.execute(TOLD).fetchall() == [("IL15", "claim", {"id": 2}, "NEW", "HELD", CLASH)]
    assert errors_of(seen, office()) == ["IL15"]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        pytest.param("update office.booking set room = 7 where id = 2", CLASH, id="the room"),
        pytest.param(
            "update office.booking set starts = '2026-01-02' where id = 3",
            "booking 3: room is held by 1",
            id="the days",
        ),
        pytest.param(
            "update office.booking set desk = 1 where id = 2",
            "booking 2: desk is held by 1",
            id="the desk",
        ),
        pytest.param(
            "update office.booking set status = 'HELD' where id = 4",
            "booking 4: room is held by 1",
            id="the state",
        ),
        pytest.param(
            "insert into office.booking values (9, 'HELD', 7, '2026-01-01', '2026-01-03')",
            "booking 9: room is held by 1",
            id="at birth",
        ),
    ],
)
def test_however_a_row_comes_to_hold_it(seen: psycopg.Connection, write: str, message: str) -> None:
    add(seen, 1, room=7, desk=1, days=(1, 4))
    add(seen, 2, room=8, desk=2, days=(1, 4))
    add(seen, 3, room=7, days=(4, 6))
    add(seen, 4, room=7, days=(1, 4))
    for number in (1, 2, 3):
        hold(seen, number)
    assert told(seen) == []

    seen.execute(write.encode())

    assert told(seen) == [message]


@pytest.mark.parametrize(
    "write",
    [
        pytest.param("update office.booking set status = 'USED' where id = 2", id="another state"),
        pytest.param("update office.booking set room = room where id = 2", id="nothing"),
        pytest.param("update office.booking set room = null where id = 2", id="letting go"),
        pytest.param("update office.booking set status = 'NEW' where id = 2", id="leaving"),
        pytest.param("delete from office.booking where id = 1", id="death"),
    ],
)
@pytest.mark.parametrize("mode", ["observe", "ratchet"])
def test_what_takes_nothing_more_is_not_recorded(
    bare: psycopg.Connection, mode: str, write: str
) -> None:
    for number in (1, 2):
        add(bare, number, room=7, desk=3, status="HELD")
    apply.install(bare, office(mode, "    deletion: {from: [HELD]}\n"))

    bare.execute(write.encode())

    assert told(bare) == []


@pytest.mark.parametrize("modes", ["claim: observe", "IL15: observe", "claim.room: observe"])
def test_one_rule_or_one_claim_is_observed_in_a_machine_that_enforces(
    bare: psycopg.Connection, modes: str
) -> None:
    of = office("enforce", f"    modes: {{{modes}}}\n")
    apply.install(bare, of)
    for number in (1, 2):
        add(bare, number, room=7, desk=3)
    add(bare, 3, room=7, desk=4)
    hold(bare, 1)

    hold(bare, 3)

    assert told(bare) == ["booking 3: room is held by 1"]
    if "room" in modes:
        assert (
            refused(bare, "update office.booking set status = 'HELD' where id = 2").claim == "desk"
        )
    else:
        hold(bare, 2)
        assert len(told(bare)) == 2
    bare.execute("insert into office.booking values (5, 'NEW')")
    with pytest.raises(psycopg.errors.CheckViolation, match="NEW -> DONE"):
        bare.execute("update office.booking set status = 'DONE' where id = 5")
    assert steps.make_plan(bare, of).steps == ()


def test_a_claim_that_is_none_is_told_with_what_was_meant() -> None:
    with pytest.raises(SpecError, match=r"'claim\.rom' is no rule.*did you mean 'claim\.room'"):
        office("enforce", "    modes: {claim.rom: observe}\n")


def test_in_a_ratchet_a_new_overlap_is_refused_and_an_old_one_may_be_touched(
    bare: psycopg.Connection,
) -> None:
    add(bare, 1, room=7, status="HELD", days=(1, 4))
    add(bare, 2, room=7, status="HELD", days=(3, 6))
    add(bare, 3, room=7, status="HELD", days=(9, 12))
    add(bare, 4, room=7, desk=1)
    apply.install(bare, office("ratchet"))

    bare.execute("update office.booking set ends = '2026-01-08' where id = 2")
    assert told(bare) == [CLASH]
    again = refused(bare, "update office.booking set ends = '2026-01-11' where id = 2")
    assert again.message == "booking 2: room is held by 3"
    new = refused(bare, "update office.booking set status = 'HELD' where id = 4")
    assert (new.sqlstate, new.constraint, new.key) == ("23514", "booking.claim", {"id": 4})
    bare.execute("update office.booking set starts = '2026-01-05' where id = 2")
    assert told(bare) == []
    sound = refused(bare, "update office.booking set starts = '2026-01-02' where id = 2")
    assert sound.message == "booking 2: room is held by 1"


def test_in_a_ratchet_a_row_may_not_begin_with_what_another_holds(
    bare: psycopg.Connection,
) -> None:
    change = ("initial: [NEW]", "initial: [NEW, HELD]")
    apply.install(bare, office("ratchet", change=change))
    add(bare, 1, status="HELD", desk=3)

    birth = "insert into office.booking (id, status, desk) values (2, 'HELD', 3)"
    assert refused(bare, birth).message == "booking 2: desk is held by 1"


def test_who_may_not_read_the_table_is_told_no_key_in_a_ratchet(
    ratchet: psycopg.Connection,
) -> None:
    for number in (1, 2):
        add(ratchet, number, room=7)
    hold(ratchet, 1)
    ratchet.execute("create role office_blind")
    try:
        ratchet.execute("grant usage on schema office to office_blind")
        ratchet.execute(
            "grant update (status), select (id, status) on office.booking to office_blind"
        )
        ratchet.execute("set role office_blind")
        found = refused(ratchet, "update office.booking set status = 'HELD' where id = 2")
    finally:
        ratchet.execute("reset role")
        ratchet.execute("drop owned by office_blind; drop role office_blind")

    assert found.message == "booking 2: room is held by another row"


@pytest.mark.parametrize("claim", ["room", "desk"])
@pytest.mark.parametrize("levels", list(itertools.product(LEVELS, LEVELS)), ids=" against ".join)
def test_in_a_ratchet_the_second_of_two_waits_and_is_refused(
    ratchet_dsn: str, connect: Connect, levels: tuple[str, str], claim: str
) -> None:
    first, second = connect(ratchet_dsn), connect(ratchet_dsn)
    watcher = connect(ratchet_dsn, autocommit=True)
    for number in (1, 2):
        add(watcher, number, **{claim: 7})  # type: ignore[arg-type]
    for session, level in zip((first, second), levels, strict=True):
        session.execute(f"set transaction isolation level {level}".encode())
        session.execute("select count(*) from office.booking where status = 'HELD'")
    hold(first, 1)

    with ThreadPoolExecutor() as pool:
        late = pool.submit(hold, second, 2)
        wait_until_blocked(watcher, second)
        first.commit()
        with pytest.raises(psycopg.Error) as refusal:
            late.result()

    found = pginterlock.refusal(refusal.value)
    assert isinstance(found, ClaimTaken) or isinstance(refusal.value, errors.SerializationFailure)
    if levels[1] == LEVELS[0]:
        assert isinstance(found, ClaimTaken)
    assert watcher.execute(HELD_TWICE).fetchone() == (0,)


@pytest.mark.parametrize("seed", range(3))
def test_in_a_ratchet_no_overlap_begins_whatever_many_sessions_do(
    ratchet_dsn: str, connect: Connect, seed: int
) -> None:
    watcher = connect(ratchet_dsn, autocommit=True)
    for number in range(1, 13):
        add(watcher, number)

    def work(worker: int) -> int:
        chance, passed = random.Random(f"{seed} {worker}"), 0
        session = connect(ratchet_dsn)
        for _ in range(40):
            level = chance.choice(LEVELS)
            try:
                session.execute(f"set transaction isolation level {level}".encode())
                session.execute("select count(*) from office.booking")
                for _ in range(chance.choice((1, 2))):
                    day = chance.randrange(6)
                    session.execute(
                        "update office.booking set status = case when %s then 'HELD' else 'NEW'"
                        " end, room = %s, desk = %s, starts = date '2026-01-01' + %s,"
                        " ends = date '2026-01-03' + %s where id = %s",
                        [chance.random() < 0.7, chance.randrange(3), chance.randrange(8), day, day,
                         chance.randrange(1, 13)],
                    )  # fmt: skip
                session.commit()
                passed += 1
            except (errors.CheckViolation, psycopg.OperationalError):
                session.rollback()
        return passed

    with ThreadPoolExecutor(4) as pool:
        passed = sum(pool.map(work, range(4)))

    assert passed > 10
    assert watcher.execute(HELD_TWICE).fetchone() == (0,)


def test_in_observe_two_that_do_not_see_each_other_pass_and_verify_lists_them(
    make_database: Make, connect: Connect
) -> None:
    dsn = make_database("office_observed", build("observe"))
    first, second = connect(dsn), connect(dsn)
    watcher = connect(dsn, autocommit=True)
    for number in (1, 2):
        add(watcher, number, room=7)

    hold(first, 1)
    hold(second, 2)
    first.commit()
    second.commit()

    assert told(watcher) == []
    [found] = [it for it in verify(watcher, office()).findings if it.code == "IL15"]
    assert (found.count, found.samples[0]["other"]) == (1, {"id": 1})


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        pytest.param("drop index office.interlock_booking_seek_room", "index-missing", id="index"),
        pytest.param(
            "revoke select (room) on office.booking from interlock_owner",
            "grant-changed",
            id="right",
        ),
        pytest.param("drop table interlock.booking_turn", "table-missing", id="turns"),
        pytest.param(
            "create index interlock_booking_seek_room_next on office.booking (room)",
            "index-left-over",
            id="an unfinished build",
        ),
        pytest.param(
            "update pg_index set indisvalid = false"
            " where indexrelid = 'office.interlock_booking_seek_desk'::regclass",
            "index-not-in-force",
            id="not valid",
        ),
    ],
)
def test_drift_is_found_and_apply_puts_it_right(
    ratchet: psycopg.Connection, damage: str, code: str
) -> None:
    ratchet.execute(damage.encode())

    assert errors_of(ratchet, office("ratchet")) == [code]
    apply.install(ratchet, office("ratchet"))
    assert errors_of(ratchet, office("ratchet")) == []


@pytest.mark.parametrize(
    ("before", "after"), list(itertools.permutations(["observe", "ratchet", "enforce"], 2))
)
def test_every_change_of_mode_leaves_what_its_mode_needs_and_no_more(
    bare: psycopg.Connection, before: str, after: str
) -> None:
    apply.install(bare, office(before))
    apply.install(bare, office(after))

    names = bare.execute(
        "select relname from pg_class where relname ~ '^interlock.*_(claim|seek)_' order by 1"
    ).fetchall()
    kind = "claim" if after == "enforce" else "seek"
    assert names == [(f"interlock_booking_{kind}_{name}",) for name in ("desk", "room")]
    granted = bare.execute(
        "select has_column_privilege('interlock_owner', 'office.booking', 'room', 'select')"
    ).fetchone()
    assert granted == (after != "enforce",)
    assert steps.make_plan(bare, office(after)).steps == ()
    assert errors_of(bare, office(after)) == []


def test_the_index_stands_before_the_machine_that_looks_by_it(bare: psycopg.Connection) -> None:
    plan = steps.make_plan(bare, office())

    parts = [it.part for it in plan.steps]
    assert Part.PREPARE in parts
    assert parts == sorted(parts, key=list(Part).index)
    by_part = {it.title: it.part for it in plan.steps}
    assert by_part["extension btree_gist"] is Part.PREPARE
    assert by_part["build index interlock_booking_seek_room"] is Part.PREPARE


def test_a_build_that_fails_changes_nothing_and_the_next_apply_goes_on(
    bare: psycopg.Connection,
) -> None:
    add(bare, 1, status="HELD", room=7, days=(4, 1))

    with pytest.raises(EnvironmentFault, match="lower bound must be less") as fault:
        apply.install(bare, office())
    assert "No machine was changed" in (fault.value.remedy or "")
    assert bare.execute("select to_regnamespace('interlock')").fetchone() == (None,)

    bare.execute("update office.booking set ends = '2026-02-01' where id = 1")
    apply.install(bare, office())
    assert errors_of(bare, office()) == []


def test_uninstall_takes_index_and_right_off(seen: psycopg.Connection) -> None:
    uninstall.take_off(seen, [], drop_history=True)

    assert seen.execute("select count(*) from pg_class where relname ~ '_seek_'").fetchone() == (0,)
    assert seen.execute(
        "select count(*) from pg_attribute where attrelid = 'office.booking'::regclass"
        " and attacl::text like '%interlock_owner%'"
    ).fetchone() == (0,)


def test_a_write_reads_by_the_index_and_not_the_table(seen: psycopg.Connection) -> None:
    behind(
        seen,
        "insert into office.booking select n, 'HELD', n % 50, date '2000-01-01' + n / 50 * 2,"
        " date '2000-01-01' + n / 50 * 2 + 2, n from generate_series(1, 5000) as n",
    )
    seen.execute("analyze office.booking")
    add(seen, 9000, room=7, desk=77)

    with seen.transaction():
        hold(seen, 9000)
        scans = seen.execute(
            "select seq_scan from pg_stat_xact_user_tables where relname = 'booking'"
        ).fetchone()

    assert scans == (0,)
    assert told(seen) == ["booking 9000: desk is held by 77"]


def test_an_application_that_may_not_read_is_not_in_the_way(
    seen: psycopg.Connection,
) -> None:
    add(seen, 1, room=7)
    hold(seen, 1)
    seen.execute("create role office_clerk")
    try:
        seen.execute("grant usage on schema office to office_clerk")
        seen.execute("grant insert on office.booking to office_clerk")
        seen.execute("set role office_clerk")
        seen.execute("insert into office.booking values (2, 'HELD', 7, '2026-01-01', '2026-01-09')")
    finally:
        seen.execute("reset role")
        seen.execute("drop owned by office_clerk; drop role office_clerk")

    assert told(seen) == [CLASH]


def test_behind_row_security_nothing_is_looked_for_and_verify_lists_it(
    bare: psycopg.Connection,
) -> None:
    bare.execute("alter table office.booking enable row level security")
    apply.install(bare, office())
    for number in (1, 2):
        add(bare, number, room=7)
        hold(bare, number)

    assert told(bare) == []
    assert errors_of(bare, office()) == ["IL15"]


def test_a_partitioned_table_is_looked_through_whole(bare: psycopg.Connection) -> None:
    bare.execute("alter table office.booking rename to old")
    bare.execute(
        "create table office.booking (id bigint primary key, status text not null default 'NEW',"
        " room integer, starts date, ends date, desk integer) partition by range (id)"
    )
    for number in (1, 2):
        bare.execute(
            f"create table office.part_{number} partition of office.booking"
            f" for values from ({number}) to ({number + 1})".encode()
        )
    apply.install(bare, office())
    for number in (1, 2):
        add(bare, number, room=7)
        hold(bare, number)

    assert told(bare) == [CLASH]
    assert steps.make_plan(bare, office()).steps == ()


def test_a_type_without_a_hash_cannot_be_claimed_in_a_ratchet(bare: psycopg.Connection) -> None:
    bare.execute("alter table office.booking add plate bit(8)")
    change = ("[desk], in: [HELD, USED]", "[plate], in: [HELD]")
    with pytest.raises(
        SpecError, match="could not identify an extended hash function for type bit"
    ):
        apply.install(bare, office("ratchet", change=change))
    apply.install(bare, office("observe", change=change))


def test_a_promotion_lists_the_pairs_and_builds_the_constraint_once_there_are_none(
    bare: psycopg.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "office.yaml"
    file.write_text(
        TEXT.format(mode="enforce", checks="function") + "    modes:\n      claim.room: observe\n"
    )
    apply.install(bare, spec.load(file))
    for number in (1, 2):
        add(bare, number, room=7)
        hold(bare, number)
    change = promotion.prepare(spec.load(file), "booking", Mode.ENFORCE, "claim.room")

    [broken] = promotion.still_broken(bare, change)
    assert (broken.severity, broken.code, broken.count) == (Severity.ERROR, "IL15", 1)
    assert broken.samples[0]["other"] == {"id": 1}

    bare.execute("update office.booking set room = 8 where id = 2")
    assert promotion.still_broken(bare, change) == []
    promotion.run(bare, change, promotion.plan_of(bare, change))
    bare.execute("update office.booking set status = 'NEW' where id = 2")
    bare.execute("update office.booking set room = 7 where id = 2")
    assert refused(bare, "update office.booking set status = 'HELD' where id = 2").claim == "room"
    assert errors_of(bare, spec.load(file)) == []
