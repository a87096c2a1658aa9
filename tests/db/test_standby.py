"""On a standby: verify works and changes nothing, plan says where it can be applied."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC, build_bare_hotel
from tests.servers import binaries, majors

from pginterlock import (
    apply,
    audit,
    bypasses,
    embedded,
    outbox,
    sealing,
    spec,
    status,
    steps,
)
from pginterlock.errors import EnvironmentFault
from pginterlock.outbox.tail import Tail
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]


BOOK = """
insert into hotel.hotel values (7, 'city');
insert into hotel.room_booking (id, hotel_id, status, room_type, check_in, check_out, nightly_rate)
values (7001, 7, 'PENDING', 'A', '2026-01-01', '2026-01-03', 90)
"""


def has_backup(major: int) -> bool:
    return (binaries(major) / "pg_basebackup").exists() or shutil.which("pg_basebackup") is not None


@pytest.fixture(scope="module", params=majors(), ids=lambda major: f"pg{major}")
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The hotel on a primary, and the same on its standby."""
    bin_dir = binaries(request.param)
    if not has_backup(request.param):
        pytest.skip("this server comes without pg_basebackup")
    with embedded.running(bin_dir=bin_dir) as primary:
        with psycopg.connect(primary.dsn(), autocommit=True) as session:
            build_bare_hotel(session)
            apply.install(session, spec.load(HOTEL_SPEC))
        folder = primary.folder / "standby"
        who = primary.account
        backup = primary.bin_dir / "pg_basebackup"
        _run([backup, "-d", primary.dsn(), "-D", folder, "-R", "-X", "stream", "-c", "fast"], who)
        log = primary.folder / "standby.log"
        options = f"-p 5433 -k {primary.socket_dir} -c listen_addresses="
        start = ["-D", folder, "-l", log, "-w", "-o", options]
        _run([primary.bin_dir / "pg_ctl", "start", *start], who)
        try:
            yield primary.dsn(), primary.dsn() + " port=5433"
        finally:
            _run([primary.bin_dir / "pg_ctl", "stop", "-D", folder, "-m", "fast"], who)


def _run(command: list[object], account: str | None) -> None:
    identity = {"user": account, "group": account, "extra_groups": []} if account else {}
    subprocess.run(
        [str(word) for word in command],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        **identity,  # type: ignore[call-overload]
    )


def test_verify_reads_a_standby(pair: tuple[str, str], connect: Connect) -> None:
    standby = connect(pair[1], autocommit=True)

    report = verify(standby, spec.load(HOTEL_SPEC))

    assert [it for it in report.findings if it.severity == "error"] == []
    assert any("read only" in reason for reason in report.skipped)


def test_seals_are_verified_on_a_standby_and_made_on_the_primary(
    pair: tuple[str, str], connect: Connect
) -> None:
    primary, standby = (connect(dsn, autocommit=True) for dsn in pair)
    sealing.seal(primary, older_than="0")
    number = primary.execute("select count(*) from interlock.seal").fetchone()
    _wait(standby, "select count(*) from interlock.seal", number)

    with pytest.raises(EnvironmentFault, match="standby"):
        sealing.seal(standby)
    report = verify(standby, spec.load(HOTEL_SPEC), scope=Scope(seals=True))
    assert number == (1,)
    assert [it for it in report.findings if it.severity == "error"] == []
    assert [it for it in report.notes if not it.startswith("no tripwire")] == []


def _wait(session: psycopg.Connection, query: str, answer: object) -> None:
    for _ in range(1000):
        if session.execute(query.encode()).fetchone() == answer:
            return
        time.sleep(0.01)
    pytest.fail("the standby never caught up")


def test_a_standby_shows_histories_and_keeps_no_cursor(
    pair: tuple[str, str], connect: Connect
) -> None:
    primary, standby = (connect(dsn, autocommit=True) for dsn in pair)
    primary.execute(BOOK)
    count = primary.execute("select count(*) from interlock.booking_audit").fetchone()
    _wait(standby, "select count(*) from interlock.booking_audit", count)

    lived = audit.history(standby, "booking", ["7001"])
    shown = Tail(standby, ["booking"]).last(5, None)
    with pytest.raises(EnvironmentFault, match="read only"):
        list(outbox.consume(standby, "it"))

    assert [it.kind for it in lived] == ["birth"]
    assert [it.key["id"] for it in shown] == [7001]


def test_bypasses_are_opened_on_the_primary_and_seen_on_the_standby(
    pair: tuple[str, str], connect: Connect
) -> None:
    primary, standby = (connect(dsn, autocommit=True) for dsn in pair)
    wish = bypasses.Wish("booking", "a test", bypasses.duration("1h"))
    bypasses.open_one(primary, wish)
    _wait(standby, "select count(*) from interlock.bypass", (1,))

    with pytest.raises(EnvironmentFault, match="read only"):
        bypasses.open_one(standby, wish)
    found = verify(standby, spec.load(HOTEL_SPEC)).findings
    told = status.status(standby)

    assert "bypass-open" in [it.code for it in found]
    assert [it.role for it in told.machines[0].bypasses] == ["postgres"]
    bypasses.close(primary, "booking")


def test_plan_on_a_standby_says_where_to_go(pair: tuple[str, str], connect: Connect) -> None:
    standby = connect(pair[1], autocommit=True)
    other = HOTEL_SPEC.read_text().replace("stay_has_nights", "stay_has_a_night")

    with pytest.raises(EnvironmentFault, match="standby or read only") as fault:
        steps.make_plan(standby, spec.parse(other, "other.yaml"))
    assert "Connect to the primary" in (fault.value.remedy or "")


def test_apply_of_a_plan_on_a_standby_ends_in_one_message(
    pair: tuple[str, str], connect: Connect, tmp_path: Path
) -> None:
    del tmp_path
    primary, standby = (connect(dsn, autocommit=True) for dsn in pair)
    other = HOTEL_SPEC.read_text().replace("stay_has_nights", "stay_has_a_night")
    made = steps.make_plan(primary, spec.parse(other, "other.yaml"))

    with pytest.raises(EnvironmentFault, match="read only"):
        apply.run(standby, made)
