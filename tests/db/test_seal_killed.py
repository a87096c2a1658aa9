"""A run of seal that is killed again and again ends in the chain of one that was not."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psycopg
import pytest
from tests.db import sealing_parcels as parcels
from tests.servers import ROOT

from pginterlock import sealed

Connect = Callable[..., psycopg.Connection]
_KILLS = 20
_OPTIONS = ("--older-than", "0", "--batch", "60")
_SEALS = 76  # of 60 at most: 4,500 entries, and one of the journal
_CHUNKS = (
    "select number, relation_name, month, place, entry_ids from interlock.seal_chunk"
    " order by number, relation_name, month, place"
)
_TREES = (
    "select number, relation_name, month, entry_count, first_id, last_id from interlock.seal_tree"
    " order by number, relation_name, month"
)


def start(dsn: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pginterlock", "seal", "--dsn", dsn, *_OPTIONS],
        env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def count(session: psycopg.Connection) -> int:
    row = session.execute("select count(*) from interlock.seal").fetchone()
    return int(row[0]) if row else 0


def kill_once(session: psycopg.Connection, chance: random.Random) -> int:
    """Kill a run somewhere after it has made a few seals more; return how many there are."""
    wanted = count(session) + chance.randint(0, 5)
    process = start(session.info.dsn)
    while count(session) < wanted and process.poll() is None:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.03))
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    return count(session)


@pytest.mark.slow
def test_twenty_kills_leave_the_chain_of_an_undisturbed_run(
    make_database: Callable[..., str], connect: Connect
) -> None:
    chance = random.Random(3)
    chains, left = [], []
    for kills in (0, _KILLS):
        dsn = make_database("parcels", parcels.build)
        session = connect(dsn, autocommit=True)
        parcels.send(session, 1, 1500)
        parcels.settle(session)
        left += [kill_once(session, chance) for _ in range(kills)]
        assert start(dsn).wait(60) == 0
        chains.append((session.execute(_CHUNKS).fetchall(), session.execute(_TREES).fetchall()))
        assert [it.number for it in sealed.seals(session)] == list(range(1, _SEALS + 1))
        assert parcels.found(session) == []

    assert chains[0] == chains[1]
    assert len({it for it in left if 0 < it < _SEALS}) >= _KILLS / 2
