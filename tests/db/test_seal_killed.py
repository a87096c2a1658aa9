"""A run of seal that is killed again and again ends in the chain of one that was not."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psycopg
from tests.db import sealing_parcels as parcels
from tests.servers import ROOT

from pginterlock import sealed

Connect = Callable[..., psycopg.Connection]
_KILLS = 20
_BATCH = "60"
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
        [sys.executable, "-m", "pginterlock", "seal", "--dsn", dsn]
        + ["--older-than", "0", "--batch", _BATCH],
        env={**os.environ, "PYTHONPATH": str(ROOT / "cli")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def test_twenty_kills_leave_the_chain_of_an_undisturbed_run(
    make_database: Callable[..., str], connect: Connect
) -> None:
    chance = random.Random(3)
    chains = []
    for kills in (0, _KILLS):
        dsn = make_database("parcels", parcels.build)
        session = connect(dsn, autocommit=True)
        parcels.send(session, 1, 1500)
        parcels.settle(session)
        began = time.monotonic()
        start(dsn).wait(60) if not kills else None
        took = time.monotonic() - began
        for _ in range(kills):
            process = start(dsn)
            time.sleep(chance.uniform(0.2, 0.9))
            process.send_signal(signal.SIGKILL)
            process.wait(60)
        last = start(dsn)
        assert last.wait(60) == 0, last.stderr
        assert took < 60
        chains.append((session.execute(_CHUNKS).fetchall(), session.execute(_TREES).fetchall()))
        assert [it.number for it in sealed.seals(session)] == list(range(1, 77))
        assert parcels.found(session) == []

    assert chains[0] == chains[1]
