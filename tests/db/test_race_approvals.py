"""Races of approvals, in every order of their statements and at all levels of isolation."""

from collections import Counter
from collections.abc import Callable, Iterator

import psycopg
import pytest
from tests.conftest import Build
from tests.db import approval_depot
from tests.db.approval_depot import APPROVE, REFUND, WANTED, WITHDRAW
from tests.db.stepping import COMMITTED, LEVEL_PAIRS, Script, Stage, orders, stage

from pginterlock.verify import Scope, verify

READ = "select status from depot.parcel where id = {}"
LEAVE = "update depot.parcel set status = 'PACKED' where id = {}"
ENTER = "update depot.parcel set status = 'SENT' where id = {}"
CHANGE = "update depot.parcel set amount = amount + 1 where id = {}"
Pair = tuple[tuple[str, ...], tuple[str, ...]]

# Written by hand, and knowing nothing of what is compiled: refunds that nobody should have made.
WRONG = """
select e.id from interlock.parcel_audit as e
where e.event = 'refund' and 2 > (
    select count(distinct a.session_role) from interlock.approval as a
    where a.key = jsonb_build_object('id', e.key_id) and a.event = 'refund'
        and a.consumed_transaction = e.transaction_id and a.withdrawn_at is null
        and a.session_role <> e.session_role
        and not exists (
            select from interlock.parcel_audit as between_them
            where between_them.key_id = e.key_id
                and between_them.id > a.entry_id and between_them.id < e.id
        )
)
union all
select a.approval_id from interlock.approval as a
where a.consumed_at is not null and not exists (
    select from interlock.parcel_audit as e
    where e.transaction_id = a.consumed_transaction and a.approval_id = any(e.approvals)
)
"""


@pytest.fixture
def played(make_database: Callable[[str, Build], str]) -> Iterator[Stage]:
    dsn = make_database("approval_depot", approval_depot.build)
    with stage(dsn, 2) as there:
        yield there


def play_all(
    played: Stage, names: tuple[str, str], steps: Pair, *before: str
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Play two transactions in every order at all levels, each time on a parcel of its own.

    *before* are who has approved already. Yields the parcel, and how both ended.
    """
    for session, name in zip(played.sessions, names, strict=True):
        session.execute(f"set session authorization approval_{name}".encode())
    watcher, key = played.watcher, 1000
    for levels in LEVEL_PAIRS:
        for order in orders(*(Script("", it) for it in steps)):
            key += 1
            _furnish(watcher, key, before)
            filled = [
                Script(name, tuple(it.format(key) for it in script))
                for name, script in zip(names, steps, strict=True)
            ]
            yield key, tuple(played.play(filled, levels, order))
    assert watcher.execute(WRONG.encode()).fetchall() == []
    report = verify(watcher, WANTED, scope=Scope(probes=False))
    assert [it.code for it in report.findings if it.severity == "error" and it.machine] == []


def _furnish(watcher: psycopg.Connection, key: int, before: tuple[str, ...]) -> None:
    watcher.execute("insert into depot.parcel (id, status) values (%s, 'PACKED')", [key])
    watcher.execute(ENTER.format(key).encode())
    _approve(watcher, key, *before)


def _approve(watcher: psycopg.Connection, key: int, *roles: str) -> None:
    for who in roles:
        watcher.execute(f"set session authorization approval_{who}".encode())
        watcher.execute(APPROVE.format(key).encode())
        watcher.execute("reset session authorization")


def state(watcher: psycopg.Connection, key: int) -> str:
    row = watcher.execute(READ.format(key).encode()).fetchone()
    assert row
    return str(row[0])


def can_move(watcher: psycopg.Connection, key: int) -> bool:
    """Whether a third person can make the move now; it is rolled back."""
    try:
        with watcher.transaction():
            watcher.execute("set local session authorization approval_cid")
            watcher.execute(REFUND.format(key).encode())
            raise psycopg.Rollback
    except psycopg.errors.CheckViolation:
        return False
    return True


@pytest.mark.slow
def test_the_last_two_approvals_at_once(played: Stage) -> None:
    ended = Counter[tuple[str, ...]]()
    for key, how in play_all(played, ("ann", "bob"), ((READ, APPROVE), (READ, APPROVE))):
        ended[how] += 1
        assert can_move(played.watcher, key)

    assert set(ended) == {(COMMITTED, COMMITTED)}


def test_the_same_person_in_two_sessions_at_once(played: Stage) -> None:
    for key, how in play_all(played, ("ann", "ann"), ((READ, APPROVE), (READ, APPROVE))):
        assert how == (COMMITTED, COMMITTED)
        assert not can_move(played.watcher, key)
        counted = played.watcher.execute(
            "select count(*) from interlock.approval where key = jsonb_build_object('id', %s::int)",
            [key],
        ).fetchone()
        assert counted == (1,)


def test_an_approval_against_the_move_that_lacks_it(played: Stage) -> None:
    ended = Counter[tuple[str, ...]]()
    for key, how in play_all(played, ("bob", "app"), ((READ, APPROVE), (READ, REFUND)), "ann"):
        ended[how] += 1
        assert state(played.watcher, key) == ("BACK" if how[1] == COMMITTED else "SENT")

    assert set(ended) == {(COMMITTED, COMMITTED), (COMMITTED, "IL05")}


def test_an_approval_against_the_move_that_has_enough(played: Stage) -> None:
    ended = Counter[tuple[str, ...]]()
    pair: Pair = ((READ, APPROVE), (READ, REFUND))
    for key, how in play_all(played, ("cid", "app"), pair, "ann", "bob"):
        ended[how] += 1
        assert state(played.watcher, key) == "BACK"

    assert set(ended) == {(COMMITTED, COMMITTED), ("IL01", COMMITTED)}


def test_an_approval_of_who_only_reads_against_the_move(played: Stage) -> None:
    pair: Pair = ((READ, APPROVE), (READ, REFUND))
    for key, how in play_all(played, ("eye", "app"), pair, "ann"):
        assert state(played.watcher, key) == ("BACK" if how[1] == COMMITTED else "SENT")


def test_two_moves_that_would_take_the_same(played: Stage) -> None:
    pair: Pair = ((READ, REFUND), (READ, REFUND))
    for key, how in play_all(played, ("app", "cid"), pair, "ann", "bob"):
        assert state(played.watcher, key) == "BACK"
        entries = played.watcher.execute(
            "select count(*) from interlock.parcel_audit where key_id = %s and event = 'refund'",
            [key],
        ).fetchone()
        assert entries == (1,)
        assert COMMITTED in how


def test_a_withdrawal_against_the_move(played: Stage) -> None:
    ended = Counter[tuple[str, ...]]()
    pair: Pair = ((READ, WITHDRAW), (READ, REFUND))
    for key, how in play_all(played, ("bob", "app"), pair, "ann", "bob"):
        ended[how] += 1
        withdrawn = played.watcher.execute(
            "select count(withdrawn_at), count(consumed_at) from interlock.approval"
            " where key = jsonb_build_object('id', %s::int)",
            [key],
        ).fetchone()
        assert withdrawn == ((0, 2) if how[1] == COMMITTED else (1, 0))

    assert set(ended) == {(COMMITTED, COMMITTED), (COMMITTED, "IL05")}


@pytest.mark.slow
def test_an_approval_against_leaving_and_coming_back(played: Stage) -> None:
    counted = Counter[bool]()
    pair: Pair = ((READ, APPROVE), (LEAVE, ENTER))
    for key, how in play_all(played, ("bob", "app"), pair, "ann"):
        assert how == (COMMITTED, COMMITTED)
        assert not can_move(played.watcher, key)
        _approve(played.watcher, key, "ann")
        counted[can_move(played.watcher, key)] += 1  # whether bob's was of the new stay

    assert counted[True] > 0 < counted[False]


@pytest.mark.slow
def test_an_approval_against_a_change_of_what_is_approved(played: Stage) -> None:
    counted = Counter[bool]()
    for key, how in play_all(played, ("bob", "app"), ((READ, APPROVE), (READ, CHANGE)), "ann"):
        assert how == (COMMITTED, COMMITTED)
        assert not can_move(played.watcher, key)
        _approve(played.watcher, key, "ann")
        counted[can_move(played.watcher, key)] += 1

    assert counted[True] > 0 < counted[False]


@pytest.mark.slow
def test_the_move_against_leaving_and_coming_back(played: Stage) -> None:
    ended = Counter[tuple[str, ...]]()
    pair: Pair = ((READ, REFUND), (LEAVE, ENTER))
    for key, how in play_all(played, ("cid", "app"), pair, "ann", "bob"):
        ended[how] += 1
        assert state(played.watcher, key) == ("BACK" if how[0] == COMMITTED else "SENT")

    assert (COMMITTED, "IL01") in ended
    assert ("IL05", COMMITTED) in ended
