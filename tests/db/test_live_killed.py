"""An apply that is killed again and again, with its server or without, ends as one that was not."""

import os
import random
import time

import psycopg
import pytest
from tests.conftest import HOTEL_SPEC, build_bare_hotel
from tests.db import killing
from tests.db.killing import Victim

from pginterlock import spec, steps
from pginterlock.findings import Severity
from pginterlock.plan import Part
from pginterlock.verify import verify

KILLS = int(os.environ.get("INTERLOCK_KILLS", "3"))
_SECONDS = 0.8
_OURS = "select count(*) from pg_trigger where tgname like 'interlock%'"
_RESET = "drop schema if exists interlock cascade; drop schema if exists hotel cascade"


def whole(session: psycopg.Connection) -> list[tuple[object, ...]]:
    """Return what an undisturbed run leaves: every object of ours, and what the registry says."""
    return session.execute(
        "select 'trigger', t.tgname::text, t.tgenabled::text from pg_trigger as t"
        " where t.tgname like 'interlock%' and t.tgrelid = 'hotel.room_booking'::regclass"
        " union all select 'check', k.conname::text, k.convalidated::text from pg_constraint as k"
        " where k.conname like 'interlock%' and k.contype = 'c'"
        " union all select 'function', p.proname::text, md5(p.prosrc) from pg_proc as p"
        " where p.pronamespace = 'interlock'::regnamespace"
        " union all select 'machine', m.machine_name, format('%s %s %s', m.version, m.adopted_rows,"
        " m.judged) from interlock.machine as m order by 1, 2, 3"
    ).fetchall()


def reset(session: psycopg.Connection) -> None:
    session.execute(_RESET)
    build_bare_hotel(session)
    session.execute("insert into hotel.hotel values (1, 'city')")
    session.execute(
        "insert into hotel.room_booking (hotel_id, status, room_type, check_in, check_out,"
        " nightly_rate) select 1, 'PENDING', 'A', '2026-01-01', '2026-01-03', 90"
        " from generate_series(1, 2000)"
    )


def arguments(dsn: str) -> list[str]:
    return ["apply", "--yes", "--dsn", dsn, "--spec", str(HOTEL_SPEC)]


@pytest.mark.slow
@pytest.mark.timeout(180 + 60 * KILLS)
@pytest.mark.parametrize("what", ["client", "backend", "server"])
def test_a_live_apply_that_is_killed_ends_as_an_undisturbed_one(victim: Victim, what: str) -> None:
    chance = random.Random(7)
    wanted = spec.load(HOTEL_SPEC)
    with killing.until_up(victim.dsn) as session:
        reset(session)
        assert killing.start(arguments(victim.dsn)).wait(120) == 0
        undisturbed = whole(session)
    hits = 0

    for _ in range(killing.times(what, KILLS)):
        with killing.until_up(victim.dsn) as session:
            reset(session)
            process = killing.start(arguments(victim.dsn))
            pids = killing.until_at_work(session, process)
        time.sleep(chance.uniform(0, _SECONDS))
        hits += process.poll() is None
        victim.kill(what, pids, process)
        with killing.until_up(victim.dsn) as session:
            session.execute("select pg_advisory_lock(7355608218); select pg_advisory_unlock_all()")
            left = steps.make_plan(session, wanted)
            armed = session.execute(_OURS).fetchone() != (0,)
            assert armed == all(step.part is not Part.ARM for step in left.steps)
            assert killing.start(arguments(victim.dsn)).wait(120) == 0
            assert whole(session) == undisturbed
            found = verify(session, wanted).findings
            assert [it for it in found if it.severity is Severity.ERROR] == []

    assert hits
