"""Claims on a live table: overlaps are listed first, indexes built beside traffic, and resumed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.db.claimed_desks import TEXT, add, build_bare, hold, office

from pginterlock import apply, plan, spec, steps
from pginterlock.errors import IncompleteError, UnsafeError
from pginterlock.findings import Severity
from pginterlock.rules import claim
from pginterlock.survey import survey
from pginterlock.verify import verify

Connect = Callable[..., psycopg.Connection]
Make = Callable[..., str]
INDEXES = (
    "select c.relname::text, i.indisvalid from pg_index as i join pg_class as c"
    " on c.oid = i.indexrelid where c.relname ~ '^interlock.*claim' order by 1"
)
DESK, ROOM = "interlock_booking_claim_desk", "interlock_booking_claim_room"
DONE = [(DESK, True), (ROOM, True)]


@pytest.fixture
def dsn(make_database: Make) -> str:
    """A database with the table, and no machine."""
    return make_database("office_bare", build_bare)


@pytest.fixture
def db(dsn: str, connect: Connect) -> psycopg.Connection:
    return connect(dsn, autocommit=True)


def fill(session: psycopg.Connection, rows: int) -> None:
    """Add bookings that hold a room and a desk each, and none what another holds."""
    session.execute(
        "insert into office.booking select n, 'HELD', n %% 50, date '2000-01-01' + n / 50 * 2,"
        " date '2000-01-01' + n / 50 * 2 + 2, n from generate_series(1, %s) as n",
        [rows],
    )


def test_overlaps_are_listed_as_pairs_and_nothing_is_changed(db: psycopg.Connection) -> None:
    add(db, 1, status="HELD", room=7, days=(1, 4))
    add(db, 2, status="HELD", room=7, days=(3, 6))
    add(db, 3, status="USED", room=7, days=(5, 9))
    add(db, 4, status="HELD", room=8, days=(1, 4))

    with pytest.raises(UnsafeError) as refusal:
        apply.install(db, office())

    assert refusal.value.exit_code == 4
    told = refusal.value.message.splitlines()
    assert told[1:] == [
        "  IL15 claim room: 2 rows",
        "    id=2 and id=1 hold room=7 in [2026-01-04,2026-01-07) and [2026-01-02,2026-01-05)",
        "    id=3 and id=2 hold room=7 in [2026-01-06,2026-01-10) and [2026-01-04,2026-01-07)",
    ]
    assert db.execute("select to_regnamespace('interlock')").fetchone() == (None,)


@pytest.mark.parametrize(
    ("ranges", "late"),
    [
        pytest.param("[1,5) [5,9)", 0, id="one ends where the other begins"),
        pytest.param("[1,5] [5,9)", 1, id="both ends belong to it"),
        pytest.param("[1,5] (5,9)", 0, id="the other begins behind it"),
        pytest.param("[1,1] (1,4)", 0, id="a point, and what begins behind it"),
        pytest.param("(1,4) [1,1]", 0, id="the same, the other way round"),
        pytest.param("[1,9) [2,3) [4,5)", 2, id="a long one over two short ones"),
        pytest.param("[1,) [7,8)", 1, id="one without end"),
        pytest.param("(,3) (,9)", 1, id="two without beginning"),
        pytest.param("(,) empty", 0, id="empty overlaps nothing"),
        pytest.param("[1,1] [1,1]", 1, id="one point twice"),
        pytest.param("[1,2) [1,2) [1,2)", 2, id="three of the same"),
    ],
)
def test_the_sweep_finds_what_an_exclusion_constraint_would_refuse(
    db: psycopg.Connection, ranges: str, late: int
) -> None:
    db.execute("alter table office.booking add column span numrange")
    for number, text in enumerate(ranges.split(), start=1):
        db.execute(
            "insert into office.booking values (%s, 'HELD', 1, null, null, null, %s)",
            [number, text],
        )
    text = TEXT.format(mode="observe", checks="function")
    wanted = spec.parse(text.replace('"daterange(starts, ends)"', "span"), "office.yaml")

    [it] = survey(db, wanted).machines
    found = db.execute(claim.overlaps(it.writing, it.machine.claims[0]).encode()).fetchall()

    clashes = db.execute(
        "select count(distinct greatest(a.id, b.id)) > 0 from office.booking as a"
        " join office.booking as b on a.id < b.id and a.span && b.span"
    ).fetchone()
    assert sum(row[1] for row in found) == late
    assert clashes == (late > 0,)


def test_a_plan_by_hand_ends_in_the_same(db: psycopg.Connection, dsn: str, server: object) -> None:
    psql = Path(server.bin_dir) / "psql"  # type: ignore[attr-defined]
    if not psql.exists():
        pytest.skip("this server came without psql")
    fill(db, 100)
    text = plan.write(steps.make_plan(db, office()))

    done = subprocess.run(
        [str(psql), "-X", "-v", "ON_ERROR_STOP=1", "-d", dsn],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert steps.make_plan(db, office()).steps == ()


def test_a_written_plan_is_read_back_whole(db: psycopg.Connection) -> None:
    made = steps.make_plan(db, office())

    read = plan.read(plan.write(made), "p.sql")

    assert [(s.title, s.part, s.lock, s.sql.strip()) for s in read.steps] == [
        (s.title, s.part, s.lock, s.sql.strip()) for s in made.steps
    ]


def test_writers_go_on_while_an_index_is_built(
    db: psycopg.Connection, dsn: str, connect: Connect
) -> None:
    fill(db, 200)
    writer = connect(dsn, autocommit=True)
    writer.execute("set lock_timeout = '2s'")
    holder, written = connect(dsn), []
    apart = threading.Event()

    def write() -> None:
        apart.wait(20)
        for number in range(1, 6):  # the build waits for the holder's transaction all the while
            writer.execute("update office.booking set desk = 1000 + id where id = %s", [number])
            written.append(number)
        holder.rollback()

    def progress(title: str) -> None:
        if title.startswith("clear the way"):
            holder.execute("select count(*) from office.booking")
            holder.execute("update office.booking set room = room where id = 100")
            apart.set()

    thread = threading.Thread(target=write)
    thread.start()
    apply.install(db, office(), progress=progress)
    thread.join()

    assert written == [1, 2, 3, 4, 5]
    assert db.execute(INDEXES).fetchall() == DONE


def test_a_build_that_waits_too_long_is_given_up_and_taken_up_again(
    db: psycopg.Connection, dsn: str, connect: Connect
) -> None:
    fill(db, 50)
    holder = connect(dsn)

    def progress(title: str) -> None:
        if title.startswith("clear the way"):
            holder.execute("update office.booking set room = room where id = 50")

    with pytest.raises(IncompleteError, match=r"build index .* was not done"):
        apply.install(
            db, office(), progress=progress, waiting=apply.Waiting(timeout_ms=50, limit_s=0.5)
        )

    holder.rollback()
    assert db.execute(INDEXES).fetchall() == [(f"{DESK}_next", False), (ROOM, True)]
    assert db.execute("show lock_timeout").fetchone() == ("0",)
    assert {it.code for it in verify(db, office()).findings if it.severity is Severity.ERROR} == {
        "index-missing",
        "registry-not-judged",
        "index-left-over",
        "check-not-validated",
    }
    apply.install(db, office())
    assert db.execute(INDEXES).fetchall() == DONE
    assert steps.make_plan(db, office()).steps == ()


@pytest.mark.parametrize("what", ["desk", "room"])
def test_an_overlap_that_slips_in_is_told_as_a_pair_and_the_machine_stands(
    db: psycopg.Connection, dsn: str, connect: Connect, what: str
) -> None:
    fill(db, 10)
    other = connect(dsn, autocommit=True)

    def slip_in(title: str) -> None:
        if title == "schema interlock":
            other.execute(
                f"insert into office.booking (id, status, starts, ends, {what})"
                f" select 99, 'HELD', starts, ends, {what} from office.booking where id = 4"
            )

    with pytest.raises(IncompleteError, match=r"id=(99|4) and id=(4|99) hold (room|desk)=4"):
        apply.install(db, office(), progress=slip_in)

    assert f"interlock_booking_claim_{what}" not in dict(db.execute(INDEXES).fetchall())
    assert all(dict(db.execute(INDEXES).fetchall()).values())
    db.execute(f"update office.booking set {what} = null where id = 99")
    apply.install(db, office())
    assert steps.make_plan(db, office()).steps == ()


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["client", "backend"])
@pytest.mark.parametrize("moment", ["clear", "build", "create index interlock_booking_claim_desk"])
def test_kill_9_in_the_middle_of_a_build_is_taken_up_again(
    db: psycopg.Connection, dsn: str, victim: str, moment: str, tmp_path: Path
) -> None:
    fill(db, 300)
    (tmp_path / "office.yaml").write_text(TEXT.format(mode="enforce", checks="function"))
    script = (
        "import os, sys, threading, time, psycopg\n"
        "from pathlib import Path\n"
        "from pginterlock import apply, spec\n"
        "session = psycopg.connect(sys.argv[1], autocommit=True)\n"
        "def die(title):\n"
        "    if title.startswith(sys.argv[3]):\n"
        "        print(session.info.backend_pid, flush=True)\n"
        "        time.sleep(0.2)\n"
        "apply.install(session, spec.load(Path(sys.argv[2])), progress=die)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, dsn, str(tmp_path / "office.yaml"), moment],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    backend = int(process.stdout.readline())
    time.sleep(0.205)  # the statement has begun, or is about to
    if victim == "client":
        os.kill(process.pid, signal.SIGKILL)
    else:
        db.execute("select pg_terminate_backend(%s, 5000)", [backend])
    process.communicate()
    for _ in range(400):
        alive = db.execute("select from pg_stat_activity where pid = %s", [backend]).rowcount
        if not alive:
            break
        time.sleep(0.02)

    apply.install(db, office())

    assert db.execute(INDEXES).fetchall() == DONE
    assert steps.make_plan(db, office()).steps == ()
    errors = [it for it in verify(db, office()).findings if it.severity is Severity.ERROR]
    assert errors == []


def test_two_applies_at_once_leave_one_index_each(
    db: psycopg.Connection, dsn: str, connect: Connect
) -> None:
    fill(db, 50)
    apply.install(db, office())
    db.execute(f"drop index office.{DESK}")
    first, second = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    plans = [steps.make_plan(first, office()), steps.make_plan(second, office())]
    done: list[object] = []

    def run(session: psycopg.Connection, made: plan.Plan) -> None:
        try:
            apply.run(session, made)
            done.append(None)
        except (UnsafeError, IncompleteError) as error:
            done.append(error)

    threads = [
        threading.Thread(target=run, args=pair) for pair in zip((first, second), plans, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert None in done
    assert db.execute(INDEXES).fetchall() == DONE
    assert steps.make_plan(db, office()).steps == ()


def test_the_sweep_is_fast_on_a_large_table(db: psycopg.Connection) -> None:
    fill(db, 200_000)
    db.execute("update office.booking set starts = starts - 1 where id in (777, 1234, 88888)")
    [it] = survey(db, office("observe")).machines
    query = claim.overlaps(it.writing, it.machine.claims[0]).encode()

    began = time.monotonic()
    [(_, count, samples)] = db.execute(query).fetchall()

    assert time.monotonic() - began < 10
    assert (count, len(samples)) == (3, 3)


def test_a_claim_is_held_when_hold_is_called_twice(db: psycopg.Connection) -> None:
    apply.install(db, office())
    add(db, 1, desk=1)
    hold(db, 1)
    hold(db, 1)

    assert db.execute("select status from office.booking").fetchone() == ("HELD",)
