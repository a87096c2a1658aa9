"""A rename that is killed, or whose spec changes on the way, ends as one that was not disturbed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests import servers
from tests import version_parcels as parcels
from tests.servers import ROOT

from pginterlock import apply, embedded, steps
from pginterlock.errors import UnsafeError
from pginterlock.model import Spec
from pginterlock.verify import verify

Connect = Callable[..., psycopg.Connection]
# Of the client, and as many of the server; a quarter of what is asked for, for this one is long.
_KILLS = max(2, int(os.environ.get("INTERLOCK_KILLS", "2")) // 4)
_ROWS = 2500
_RENAMED = parcels.SPEC.replace("SENT", "ON_THE_WAY").replace(
    "{require: [carrier]", "{renamed_from: SENT, require: [carrier]"
)
_BATCHES = "select count(*) from interlock.parcel_audit where event = 'interlock:rename'"


def fill(session: psycopg.Connection) -> None:
    """Make a few thousand parcels, all of them sent."""
    parcels.make(session)
    session.execute(
        "insert into parcel (id, status) select n, 'PACKED' from generate_series(4, %s) as n",
        [_ROWS],
    )
    session.execute("update parcel set status = 'SENT', carrier = 'post'")
    session.execute("vacuum full parcel")  # the first batch finds rows


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    file = tmp_path / "interlock.yaml"
    file.write_text(_RENAMED)
    return file


@pytest.fixture(params=servers.majors(), ids=lambda major: f"pg{major}")
def own_server(request: pytest.FixtureRequest) -> Iterator[embedded.Server]:
    """A server that may be killed."""
    with embedded.running(bin_dir=servers.binaries(request.param)) as server:
        yield server


def start(dsn: str, spec_file: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pginterlock", "apply", "--yes", "--dsn", dsn, "--spec", spec_file],
        env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def back_to_the_old_name(session: psycopg.Connection) -> None:
    """Turn the rename round, so that the next one has all rows to move."""
    text = parcels.SPEC.replace(
        "{require: [carrier]", "{renamed_from: ON_THE_WAY, require: [carrier]"
    )
    apply.install(session, parcels.of(text))
    apply.run(session, steps.make_plan(session, parcels.of(text), drop_old_names=True))
    assert parcels.standing(session) == {"SENT": _ROWS}


def wait_a_while(
    number: int, dice: random.Random, dsn: str, process: subprocess.Popen[bytes]
) -> None:
    """Wait for a random moment of a run: before, while or after its batches; first, in between."""
    if number % 3 == 1:
        time.sleep(dice.uniform(0.3, 1.5))
        return
    wanted = dice.randint(0, _ROWS - 1) if number else 0
    with psycopg.connect(dsn, autocommit=True) as watcher:
        [before] = watcher.execute(_BATCHES).fetchone() or (0,)
        while process.poll() is None:
            [moved] = watcher.execute(_BATCHES).fetchone() or (0,)
            if moved - before > wanted:
                return
            time.sleep(0.002)


def assert_ended_well(session: psycopg.Connection) -> None:
    """Show that the state is that of an undisturbed run: rows, objects, history, findings."""
    assert parcels.standing(session) == {"ON_THE_WAY": _ROWS}
    assert steps.make_plan(session, parcels.renamed()).is_empty
    assert [it.code for it in verify(session, parcels.renamed()).findings] == ["old-name"]
    [twice] = session.execute(
        "select count(*) from (select key_id, transaction_id from interlock.parcel_audit"
        " group by 1, 2 having count(*) > 1) as t"
    ).fetchone() or (None,)
    assert twice == 0


@pytest.mark.timeout(120 + 60 * _KILLS)
def test_a_client_that_is_killed_again_and_again(
    empty: str, connect: Connect, spec_file: Path
) -> None:
    session, dice = connect(empty, autocommit=True), random.Random(11)
    fill(session)
    left = set()

    for number in range(_KILLS):
        process = start(empty, spec_file)
        wait_a_while(number, dice, empty, process)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        left.add(parcels.standing(session).get("SENT", 0))
        apply.install(session, parcels.renamed())
        assert_ended_well(session)
        back_to_the_old_name(session)

    assert any(0 < count < _ROWS for count in left)


@pytest.mark.timeout(120 + 60 * _KILLS)
def test_a_server_that_is_killed_again_and_again(
    own_server: embedded.Server, spec_file: Path
) -> None:
    dsn, dice = own_server.dsn(), random.Random(12)
    with psycopg.connect(dsn, autocommit=True) as session:
        fill(session)

    for number in range(_KILLS):
        process = start(dsn, spec_file)
        wait_a_while(number, dice, dsn, process)
        crash(dsn)
        assert process.wait(60) in (0, 3, 5)
        with psycopg.connect(dsn, autocommit=True) as session:
            apply.install(session, parcels.renamed())
            assert_ended_well(session)
            back_to_the_old_name(session)


def crash(dsn: str) -> None:
    """Kill a backend of our own server: all others go down with it, and it recovers."""
    with psycopg.connect(dsn, autocommit=True) as session:
        os.kill(session.info.backend_pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("the server never came back")


class Stop(Exception):
    """What ends a run in the middle."""


@pytest.fixture
def half_way(empty: str, connect: Connect) -> psycopg.Connection:
    """A rename that stopped when some rows were moved and some were not."""
    session = connect(empty, autocommit=True)
    fill(session)

    def stop(title: str) -> None:
        if "moved" in title and not title.startswith("SENT -> ON_THE_WAY: 0 rows"):
            raise Stop

    with pytest.raises(Stop):
        apply.install(session, parcels.renamed(), progress=stop)
    assert set(parcels.standing(session)) == {"SENT", "ON_THE_WAY"}
    return session


def test_in_the_middle_a_rename_can_be_turned_round(half_way: psycopg.Connection) -> None:
    back_to_the_old_name(half_way)

    assert steps.make_plan(half_way, parcels.of(_turned())).is_empty
    assert verify(half_way, parcels.of(_turned())).findings == ()


def _turned() -> str:
    return parcels.SPEC.replace(
        "{require: [carrier]", "{renamed_from: ON_THE_WAY, require: [carrier]"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "state"),
    [
        pytest.param(parcels.first(), "ON_THE_WAY", id="the old spec again"),
        pytest.param(
            parcels.of(parcels.SPEC.replace("SENT", "ON_THE_WAY")), "SENT", id="the line is gone"
        ),
        pytest.param(
            parcels.of(_RENAMED.replace("ON_THE_WAY", "GONE")), "ON_THE_WAY", id="a third name"
        ),
    ],
)
def test_in_the_middle_no_name_with_rows_goes(
    half_way: psycopg.Connection, spec: Spec, state: str
) -> None:
    with pytest.raises(UnsafeError, match=f"rows of public.parcel stand in {state}"):
        steps.make_plan(half_way, spec)


def test_in_the_middle_other_changes_go_in_and_the_rows_go_on(
    half_way: psycopg.Connection,
) -> None:
    changed = parcels.of(_RENAMED.replace("weight < 100", "weight < 50"))

    apply.install(half_way, changed)

    assert parcels.standing(half_way) == {"ON_THE_WAY": _ROWS}
    assert [it.code for it in verify(half_way, changed).findings] == ["old-name"]


def test_rows_are_not_moved_where_code_of_others_would_run_with_more_rights(
    own_server: embedded.Server,
) -> None:
    with psycopg.connect(own_server.dsn(), autocommit=True) as session:
        session.execute("create role hauler; grant create on schema public to hauler")
        parcels.make(session)
        parcels.send(session, 1)
        session.execute("alter table parcel owner to hauler")
        session.execute("set role hauler")
        session.execute(
            "create function look() returns trigger language plpgsql as"
            " $$ begin return new; end $$;"
            "create trigger look before update on parcel for each row execute function look()"
        )
        session.execute("reset role")

        with pytest.raises(UnsafeError, match=r"code of another role would run .*trigger look"):
            apply.install(session, parcels.renamed())

        assert parcels.standing(session) == {"PACKED": 2, "SENT": 1}
        parcels.send(session, 2, to="ON_THE_WAY")
