"""The outbox under writers that commit, roll back and linger, and consumers that are killed."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.db.test_outbox import SPEC
from tests.servers import ROOT

from pginterlock import apply, outbox, spec

Connect = Callable[..., psycopg.Connection]

KEYS = 12
WRITERS = 8
KILLS = 50
FLIP = {
    "parcel": "case status when 'HERE' then 'THERE' else 'HERE' end",
    "box": "case status when 'OPEN' then 'SHUT' else 'OPEN' end",
}
GOT = """
    create table got (n bigint generated always as identity, cursor_name text, by_pid int,
        machine text, id bigint, key int)
"""
WRITTEN = """
    select 'parcel', id from interlock.parcel_audit
    union all select 'box', id from interlock.box_audit
"""
# Entries of one key that came in another order than they were written.
DISORDER = """
    select count(*) from (
        select id < lag(id) over (partition by cursor_name, machine, key order by n) as is_late
        from got
    ) as delivered where is_late
"""


def build(session: psycopg.Connection) -> None:
    session.execute(
        "create table parcel (id int primary key, status text not null);"
        "create table box (id int primary key, status text not null);"
        "create table elsewhere (n int)"
    )
    session.execute(GOT)
    apply.install(session, spec.parse(SPEC, "spec.yaml"))
    session.execute("insert into parcel select n, 'HERE' from generate_series(1, %s) as n", [KEYS])
    session.execute("insert into box select n, 'OPEN' from generate_series(1, %s) as n", [KEYS])


@pytest.fixture
def dsn(make_database: Callable[..., str]) -> str:
    """Twelve parcels and boxes under their machines, and a table for what consumers get."""
    return make_database("outbox_faults", build)


@pytest.mark.slow
def test_what_killed_consumers_got_is_what_was_committed(dsn: str, connect: Connect) -> None:
    admin = connect(dsn, autocommit=True)
    lingering = connect(dsn)
    move(lingering, "parcel", KEYS)
    with writers(dsn) as counted, ExitStack() as opened:
        nurseries = {
            name: opened.enter_context(nursery(dsn, kind, name))
            for name, kind in (("one", "sync"), ("other", "sync"), ("third", "async"))
        }
        killers = [
            opened.enter_context(ThreadPoolExecutor(3)).submit(kill_at_random, process, times)
            for process, times in zip(nurseries.values(), (KILLS, KILLS // 10, KILLS), strict=True)
        ]
        for killer in killers:
            killer.result()
    lingering.commit()

    for name in ("one", "other", "third"):
        drain(connect(dsn), name)

    written = sorted(admin.execute(WRITTEN).fetchall())
    for name in ("one", "other", "third"):
        got = admin.execute("select machine, id from got where cursor_name = %s", [name])
        assert sorted(got.fetchall()) == written
    assert admin.execute(DISORDER).fetchone() == (0,)
    assert min(counted.values()) > 0, counted
    assert admin.execute("select count(*) from interlock.outbox_cursor").fetchone() == (3,)


@contextmanager
def writers(dsn: str) -> Iterator[dict[str, int]]:
    """Let eight sessions move rows as long as the block runs; count how they ended."""
    stop = threading.Event()
    counted = dict.fromkeys(["commit", "rollback", "savepoint", "late"], 0)
    with ThreadPoolExecutor(WRITERS) as pool:
        at_work = [pool.submit(write, dsn, seed, stop, counted) for seed in range(WRITERS)]
        try:
            yield counted
        finally:
            stop.set()
    for it in at_work:
        it.result()


def write(dsn: str, seed: int, stop: threading.Event, counted: dict[str, int]) -> None:
    dice = random.Random(seed)
    with psycopg.connect(dsn) as session:
        while not stop.is_set():
            if dice.random() < 0.3:
                session.execute("insert into elsewhere values (1)")
                time.sleep(dice.random() * 0.02)
                counted["late"] += 1
            for machine, key in sorted(pairs(dice)):
                move(session, machine, key)
                if dice.random() < 0.2:
                    abandon(session, machine, key)
                    counted["savepoint"] += 1
            time.sleep(dice.choice([0, 0, 0.002, 0.02, 0.2 * dice.random()]))
            end = "commit" if dice.random() < 0.75 else "rollback"
            getattr(session, end)()
            counted[end] += 1


def pairs(dice: random.Random) -> set[tuple[str, int]]:
    """Return which rows a transaction moves; the last key is left to who lingers."""
    return {(dice.choice(list(FLIP)), dice.randint(1, KEYS - 1)) for _ in range(dice.randint(1, 3))}


def move(session: psycopg.Connection, machine: str, key: int) -> None:
    session.execute(f"update {machine} set status = {FLIP[machine]} where id = %s".encode(), [key])


def abandon(session: psycopg.Connection, machine: str, key: int) -> None:
    with session.transaction(force_rollback=True):
        move(session, machine, key)


@contextmanager
def nursery(dsn: str, kind: str, name: str) -> Iterator[subprocess.Popen[str]]:
    program = Path(__file__).with_name("outbox_nursery.py")
    command = [sys.executable, str(program), dsn, kind, name]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "cli")}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def kill_at_random(process: subprocess.Popen[str], times: int) -> None:
    dice = random.Random(times)
    assert process.stdin
    assert process.stdout
    for _ in range(times):
        process.stdin.write("\n")
        process.stdin.flush()
        while (line := process.stdout.readline()) == "got\n":
            pass  # of the one before
        child = int(line)
        assert process.stdout.readline() == "got\n"  # it is at work
        time.sleep(dice.random() * 0.15)
        os.kill(child, signal.SIGKILL)


def drain(connection: psycopg.Connection, name: str) -> None:
    for entry in outbox.consume(connection, name):
        connection.execute(
            "insert into got (cursor_name, by_pid, machine, id, key) values (%s, 0, %s, %s, %s)",
            [name, entry.machine, entry.id, entry.key["id"]],
        )
