"""Mirrors in observe and ratchet: what is recorded, what is refused, how old sins are mended."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from tests.db import mirrored_rooms as rooms
from tests.db.mirrored_rooms import add, build_bare, enter, inn, move, taken, to_room, wrong

import pginterlock
from pginterlock import apply, backfill, promotion, steps
from pginterlock.commands import interlock
from pginterlock.errors import MirrorDisagrees, UnsafeError
from pginterlock.findings import Severity
from pginterlock.verify import verify

Connect = Callable[..., psycopg.Connection]
Make = Callable[..., str]
RECORDED = "select code, rule_name, key, message from interlock.violation order by id"
GUARDED_OBSERVED = "guard: observe, mirror: observe"


@pytest.fixture
def bare(make_database: Make, connect: Connect) -> psycopg.Connection:
    """A session where no machine is."""
    return connect(make_database("inn_bare", build_bare), autocommit=True)


def build_observed(session: psycopg.Connection) -> None:
    build_bare(session)
    apply.install(session, inn(mode="observe"))


@pytest.fixture
def observed(make_database: Make, connect: Connect) -> psycopg.Connection:
    """A session where the machine only looks."""
    return connect(make_database("inn_observed", build_observed), autocommit=True)


def build_ratcheted(session: psycopg.Connection) -> None:
    """Make rooms that were wrong before: 1 has a guest and says not; 2 has none and says so."""
    build_bare(session)
    session.execute("insert into inn.booking values (1, 'IN', 1)")
    session.execute("update inn.room set is_taken = true where id = 2")
    apply.install(session, inn(mode="ratchet"))


@pytest.fixture
def ratcheted(make_database: Make, connect: Connect) -> psycopg.Connection:
    """A session where nothing new may be wrong."""
    return connect(make_database("inn_ratcheted", build_ratcheted), autocommit=True)


def recorded(session: psycopg.Connection) -> list[tuple[object, ...]]:
    return session.execute(RECORDED).fetchall()


def test_observe_writes_nothing_and_records_what_disagrees_at_the_commit(
    observed: psycopg.Connection,
) -> None:
    enter(observed, 1, 5)

    assert taken(observed) == []
    assert recorded(observed) == [
        (
            "IL09",
            "mirror",
            {"id": 1},
            "booking 1: is_taken of inn.room 5 is false, and should be true",
        )
    ]


def test_observe_says_nothing_where_the_application_writes_both(
    observed: psycopg.Connection,
) -> None:
    with observed.transaction():
        enter(observed, 1, 5)
        observed.execute("update inn.room set is_taken = true where id = 5")
    with observed.transaction():
        to_room(observed, 1, 6)
        observed.execute("update inn.room set is_taken = id = 6")
    with observed.transaction():
        move(observed, 1, "OUT")
        observed.execute("update inn.room set is_taken = false where id = 6")

    assert recorded(observed) == []


def test_observe_records_a_room_that_is_left_and_stays_taken(observed: psycopg.Connection) -> None:
    with observed.transaction():
        enter(observed, 1, 5)
        observed.execute("update inn.room set is_taken = true where id = 5")

    to_room(observed, 1, None)

    assert [it[3] for it in recorded(observed)] == [
        "booking 1: is_taken of inn.room 5 is true, and should be false"
    ]


def test_observe_records_a_room_that_is_not_there(observed: psycopg.Connection) -> None:
    enter(observed, 1, 99)

    assert [it[3] for it in recorded(observed)] == [
        "booking 1: is_taken of inn.room 99 is not there, and should be true"
    ]


@pytest.mark.parametrize(
    ("statement", "key"),
    [
        pytest.param("update inn.room set is_taken = true where id = 6", {"id": 6}, id="update"),
        pytest.param("insert into inn.room values (20, true)", {"id": 20}, id="insert"),
        pytest.param("delete from inn.room where id = 5", {"id": 5}, id="delete"),
        pytest.param("truncate inn.room", {}, id="truncate"),
    ],
)
def test_observe_records_what_would_be_refused(
    observed: psycopg.Connection, statement: str, key: dict[str, int]
) -> None:
    with observed.transaction():
        enter(observed, 1, 5)
        observed.execute("update inn.room set is_taken = true where id = 5")

    observed.execute(statement.encode())

    assert [(it[0], it[2]) for it in recorded(observed)] == [("IL09", key)]


def test_set_constraints_does_not_silence_the_look_at_the_commit(
    observed: psycopg.Connection,
) -> None:
    with observed.transaction():
        observed.execute("set constraints all deferred")
        enter(observed, 1, 5)

    assert len(recorded(observed)) == 1


def test_observe_is_one_form_and_enforce_another(observed: psycopg.Connection) -> None:
    assert steps.make_plan(observed, inn(mode="observe")).is_empty

    apply.install(observed, inn())
    enter(observed, 1, 5)

    assert taken(observed) == [5]
    assert steps.make_plan(observed, inn()).is_empty
    apply.install(observed, inn(mode="observe"))
    assert steps.make_plan(observed, inn(mode="observe")).is_empty
    assert triggers(observed) == [
        "interlock_50_booking_mirror_taken",
        "interlock_60_booking_mirrored_taken",
        "interlock_90_booking_mirror_taken",
    ]


def triggers(session: psycopg.Connection) -> list[str]:
    query = "select tgname::text from pg_trigger where tgname like '%mirror%' order by 1"
    return [row[0] for row in session.execute(query).fetchall()]


def test_one_mirror_has_a_mode_of_its_own(bare: psycopg.Connection) -> None:
    apply.install(bare, inn(modes="mirror.taken: observe"))

    enter(bare, 1, 5)

    assert taken(bare) == []
    assert len(recorded(bare)) == 1


def test_a_guard_in_observe_is_recorded_and_locks_nothing(bare: psycopg.Connection) -> None:
    apply.install(bare, inn(modes=GUARDED_OBSERVED, guard=rooms.ON_ROOM))
    bare.execute("update inn.room set is_broken = true where id = 5")

    with bare.transaction():
        enter(bare, 1, 5)
        held = bare.execute(
            "select count(*) from pg_locks where relation = 'inn.room'::regclass"
            " and mode = 'RowShareLock'"
        ).fetchone()

    assert held == (0,)
    assert [it[0] for it in recorded(bare)] == ["IL04", "IL09"]


def test_a_ratchet_writes_and_what_was_wrong_before_is_right_then(
    ratcheted: psycopg.Connection,
) -> None:
    assert wrong(ratcheted) == [1, 2]

    move(ratcheted, 1, "LONG")
    assert wrong(ratcheted) == [1, 2]
    to_room(ratcheted, 1, 2)

    assert (taken(ratcheted), wrong(ratcheted)) == ([2], [])
    assert recorded(ratcheted) == []


def test_a_ratchet_lets_an_old_sin_be(ratcheted: psycopg.Connection) -> None:
    ratcheted.execute("update inn.room set note = 'touched'")

    assert wrong(ratcheted) == [1, 2]


def test_a_ratchet_refuses_a_new_one(ratcheted: psycopg.Connection) -> None:
    with pytest.raises(psycopg.IntegrityError) as caught:
        ratcheted.execute("update inn.room set is_taken = true where id = 3")

    assert isinstance(pginterlock.refusal(caught.value), MirrorDisagrees)


def test_what_is_wrong_is_in_the_way_of_enforce(
    ratcheted: psycopg.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "inn.yaml"
    text = rooms.TEXT.format(mode="ratchet", checks="function", modes="", guard="id > 0")
    file.write_text(text)
    change = promotion.prepare(
        pginterlock.spec.load(file), "booking", pginterlock.choices.Mode.ENFORCE
    )

    found = promotion.still_broken(ratcheted, change)

    assert [(it.code, it.severity, it.count) for it in found] == [("IL09", Severity.ERROR, 2)]
    with pytest.raises(UnsafeError, match="IL09 mirror taken: 2 rows"):
        apply.install(ratcheted, inn())


def test_verify_tells_it_in_every_mode(observed: psycopg.Connection) -> None:
    enter(observed, 1, 5)
    add(observed, 2, 6)

    told = [it for it in verify(observed, inn(mode="observe")).findings if it.code == "IL09"]

    assert [(it.subject, it.samples) for it in told] == [
        ("inn.room", ({"id": 5, "is_taken": False},))
    ]


def run(dsn: str, file: Path, *arguments: str) -> Result:
    """Run ``interlock backfill booking`` with *arguments*."""
    named = ["backfill", "booking", "--spec", str(file), "--dsn", dsn, *arguments]
    return CliRunner().invoke(interlock, named)


def test_backfill_shows_what_it_would_set_and_sets_it(
    make_database: Make, connect: Connect, tmp_path: Path
) -> None:
    dsn = make_database("inn_ratcheted", build_ratcheted)
    session, file = connect(dsn, autocommit=True), tmp_path / "inn.yaml"
    file.write_text(rooms.TEXT.format(mode="ratchet", checks="function", modes="", guard="id > 0"))

    shown = run(dsn, file, "--dry-run")
    assert shown.exit_code == 1
    assert "2 rows of inn.room: mirror taken" in shown.stdout
    assert wrong(session) == [1, 2]
    told = json.loads(run(dsn, file, "--dry-run", "--format", "json").stdout)
    assert told["mirrors"] == [{"name": "taken", "table": "inn.room", "row_count": 2}]
    done = run(dsn, file, "--yes")

    assert done.exit_code == 0, done.output
    assert "inn.room: 2 rows set (mirror taken)" in done.stdout
    assert (taken(session), wrong(session)) == ([1], [])
    query = "select event, detail from interlock.journal where event = 'mirror'"
    assert session.execute(query).fetchall() == [
        ("mirror", {"mirror": "taken", "table": "inn.room", "keys": [1, 2]})
    ]
    assert run(dsn, file, "--dry-run").exit_code == 0
    apply.install(session, inn())


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        pytest.param(["--only", "taken"], [], id="by name"),
        pytest.param(["--only", "IL09"], [], id="by code"),
        pytest.param(["--where", "id = 1"], [1, 2], id="rows that were chosen are of the machine"),
    ],
)
def test_backfill_of_some(
    make_database: Make, connect: Connect, tmp_path: Path, arguments: list[str], left: list[int]
) -> None:
    dsn = make_database("inn_ratcheted", build_ratcheted)
    file = tmp_path / "inn.yaml"
    file.write_text(rooms.TEXT.format(mode="ratchet", checks="function", modes="", guard="id > 0"))

    done = run(dsn, file, "--yes", *arguments)

    assert done.exit_code == 0, done.output
    assert wrong(connect(dsn, autocommit=True)) == left


def test_backfill_of_rows_keeps_the_mirror(bare: psycopg.Connection) -> None:
    """A repair that takes a row out of its room frees the room in the same statement."""
    bare.execute("insert into inn.booking values (1, 'IN', 5, 'gone'), (2, 'IN', 6, null)")
    bare.execute("update inn.room set is_taken = id in (5, 6)")
    asked = rooms.changed(
        "    mirrors:\n",
        "    repairs:\n"
        "      gone: {when: note = 'gone' and room_id is not null, set: {room_id: null}}\n"
        "    mirrors:\n",
        mode="ratchet",
    )
    apply.install(bare, asked)

    backfill.run(bare, backfill.prepare(bare, asked, "booking", backfill.Choice()))

    assert (taken(bare), wrong(bare)) == ([6], [])


def test_backfill_goes_on_in_batches_beside_writers(make_database: Make, connect: Connect) -> None:
    def build_many(session: psycopg.Connection) -> None:
        build_bare(session)
        session.execute("insert into inn.room (id) select generate_series(10, 3000)")
        session.execute(
            "insert into inn.booking select n, 'IN', n from generate_series(1, 3000, 2) as n"
        )
        session.execute("update inn.room set is_taken = id % 3 = 0")
        apply.install(session, inn(mode="ratchet"))

    dsn = make_database("inn_many", build_many)
    session, other = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    asked = backfill.prepare(session, inn(mode="ratchet"), "booking", backfill.Choice())
    stop = threading.Event()

    def write() -> None:
        number = 1
        while not stop.is_set():
            number = number % 2999 + 2
            to_room(other, number, (number * 7) % 3000 + 1)

    with ThreadPoolExecutor() as pool:
        writer = pool.submit(write)
        done = backfill.set_mirrors(session, asked, backfill.Pace(), lambda _: None)
        stop.set()
        writer.result()

    assert done[0].row_count > 500
    assert wrong(session) == []
