"""Backfill gives way to a replica that is behind, gives up at last, and goes on after that."""

from collections.abc import Callable

import psycopg
import pytest
from tests.db import backfill_bookings as bookings
from tests.db.test_standby import pair

from pginterlock import backfill
from pginterlock.backfill import Pace
from pginterlock.backfill.throttle import Limits
from pginterlock.errors import IncompleteError

Connect = Callable[..., psycopg.Connection]

__all__ = ["pair"]


@pytest.mark.slow
def test_a_replica_that_stays_behind_stops_a_backfill_and_loses_nothing(
    pair: tuple[str, str],
    connect: Connect,
) -> None:
    admin, standby = (connect(dsn, autocommit=True) for dsn in pair)
    admin.execute("create database behind")
    primary = connect(f"{pair[0]} dbname=behind", autocommit=True)
    bookings.build(primary, 4000)
    asked = bookings.prepared(primary)
    standby.execute("select pg_wal_replay_pause()")
    for _ in range(3):
        primary.execute("update booking set note = 'x' where id = 15")
        primary.execute("select pg_sleep(0.5)")

    with pytest.raises(IncompleteError, match=r"a replica is .* s behind"):
        backfill.run(primary, asked, Pace(limits=Limits(lag_s=0.5, patience_s=2)))

    standby.execute("select pg_wal_replay_resume()")
    done = backfill.run(primary, asked, Pace(limits=Limits(lag_s=60)))
    assert done.repaired == 320
    assert bookings.findings(primary) == []
