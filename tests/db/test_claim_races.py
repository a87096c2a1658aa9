"""Two sessions claim one resource at the same time: one holds it, at every isolation level."""

import itertools
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import errors
from tests.conftest import wait_until_blocked
from tests.db.claimed_desks import add, build_bare, hold, office

import pginterlock
from pginterlock import apply
from pginterlock.errors import ClaimTaken
from pginterlock.findings import Severity
from pginterlock.verify import Scope, verify

Connect = Callable[..., psycopg.Connection]
Make = Callable[..., str]
LEVELS = ["read committed", "repeatable read", "serializable"]
PAIRS = list(itertools.product(LEVELS, LEVELS))
HELD_TWICE = """
select count(*) from office.booking as a join office.booking as b on a.id < b.id
where a.status in ('HELD', 'USED') and b.status in ('HELD', 'USED') and (
    a.desk = b.desk
    or (a.room = b.room and daterange(a.starts, a.ends) && daterange(b.starts, b.ends))
)
"""


def build_held(session: psycopg.Connection) -> None:
    build_bare(session)
    apply.install(session, office())


@pytest.fixture
def dsn(make_database: Make) -> str:
    """A database where both claims are held."""
    return make_database("office_held", build_held)


@pytest.mark.parametrize("claim", ["room", "desk"])
@pytest.mark.parametrize("levels", PAIRS, ids=" against ".join)
def test_the_second_of_two_claims_waits_and_is_refused(
    dsn: str, connect: Connect, levels: tuple[str, str], claim: str
) -> None:
    first, second, watcher = connect(dsn), connect(dsn), connect(dsn, autocommit=True)
    for number in (1, 2):
        add(watcher, number, **{claim: 7})  # type: ignore[arg-type]
    for session, level in zip((first, second), levels, strict=True):
        session.execute(f"set transaction isolation level {level}".encode())
        session.execute("select count(*) from office.booking where status = 'HELD'")
    hold(first, 1)

    with ThreadPoolExecutor() as pool:
        late = pool.submit(hold, second, 2)
        wait_until_blocked(watcher, second)
        first.commit()
        with pytest.raises(psycopg.Error) as refusal:
            late.result()

    told = pginterlock.refusal(refusal.value)
    assert isinstance(told, ClaimTaken) or isinstance(refusal.value, errors.SerializationFailure)
    if levels[1] == LEVELS[0]:
        assert isinstance(told, ClaimTaken)
        assert told.claim == claim
    assert watcher.execute(HELD_TWICE).fetchone() == (0,)


@pytest.mark.parametrize("level", LEVELS)
def test_the_second_gets_it_when_the_first_gives_up(dsn: str, connect: Connect, level: str) -> None:
    first, second, watcher = connect(dsn), connect(dsn), connect(dsn, autocommit=True)
    for number in (1, 2):
        add(watcher, number, room=7)
    hold(first, 1)
    second.execute(f"set transaction isolation level {level}".encode())

    with ThreadPoolExecutor() as pool:
        late = pool.submit(hold, second, 2)
        wait_until_blocked(watcher, second)
        first.rollback()
        late.result()
    second.commit()

    states = watcher.execute("select status from office.booking order by id").fetchall()
    assert states == [("NEW",), ("HELD",)]


@pytest.mark.parametrize("levels", [*[(it, it) for it in LEVELS], tuple(LEVELS)], ids=", ".join)
def test_many_sessions_never_hold_one_thing_twice(
    dsn: str, connect: Connect, levels: tuple[str, ...]
) -> None:
    admin = connect(dsn, autocommit=True)
    for number in range(1, 13):
        add(admin, number, room=number % 2, desk=number % 3, days=(number % 4, number % 4 + 2))

    def work(seed: int) -> tuple[int, int]:
        dice, moved, taken = random.Random(seed), 0, 0
        with psycopg.connect(dsn, autocommit=True) as session:
            level = levels[seed % len(levels)]
            session.execute(f"set default_transaction_isolation = '{level}'".encode())
            for _ in range(60):
                number, state = dice.randint(1, 12), dice.choice(["HELD", "HELD", "NEW"])
                try:
                    session.execute(
                        "update office.booking set status = %s where id = %s", [state, number]
                    )
                    moved += 1
                except (errors.SerializationFailure, errors.DeadlockDetected):
                    continue
                except psycopg.IntegrityError as error:
                    taken += isinstance(pginterlock.refusal(error), ClaimTaken)
        return moved, taken

    with ThreadPoolExecutor() as pool:
        done = list(pool.map(work, range(4)))

    assert all(map(sum, zip(*done, strict=True)))
    assert admin.execute(HELD_TWICE).fetchone() == (0,)
    found = verify(admin, office(), scope=Scope(probes=False)).findings
    assert [it for it in found if it.severity is Severity.ERROR] == []
