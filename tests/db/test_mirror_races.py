"""Mirrors against each other: whatever two sessions do at once, no room says what is not so.

Every order of the statements of two transactions, at every pair of isolation levels. Whoever fails
with 40001 or 40P01 tries again, as every client must; what is left then is right.
"""

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import errors
from tests.conftest import wait_until_blocked
from tests.db import mirrored_rooms as rooms
from tests.db.mirrored_rooms import add, build, enter, move, taken, to_room, wrong
from tests.db.stepping import COMMITTED, LEVEL_PAIRS, LEVELS, Script, Stage, orders, stage

import pginterlock
from pginterlock import apply

Connect = Callable[..., psycopg.Connection]
Make = Callable[..., str]

# It takes the snapshot of a transaction that keeps one.
LOOK = "select count(*) from inn.booking"
_SPAN = 100
_count = itertools.count(1)


@pytest.fixture
def dsn(make_database: Make) -> str:
    """A database where the mirror is kept."""
    return make_database("inn_kept", build)


@pytest.fixture
def guarded(make_database: Make) -> str:
    """A database where a guest enters no broken room."""
    return make_database("inn_guarded", rooms.build_guarded)


class Scene:
    """Bookings and rooms of one play, with numbers of their own."""

    def __init__(self, admin: psycopg.Connection) -> None:
        self.base = next(_count) * _SPAN
        self.admin = admin
        admin.execute(
            "insert into inn.room (id) select %s + n from generate_series(1, 3) as n", [self.base]
        )

    def add(self, number: int, room: int | None) -> None:
        add(self.admin, self.base + number, room and self.base + room)

    def enter(self, number: int, room: int) -> None:
        enter(self.admin, self.base + number, self.base + room)

    def moves(self, number: int, state: str) -> str:
        return f"update inn.booking set status = '{state}' where id = {self.base + number}"

    def goes(self, number: int, room: int, state: str = "") -> str:
        also = f", status = '{state}'" if state else ""
        return (
            f"update inn.booking set room_id = {self.base + room}{also}"
            f" where id = {self.base + number}"
        )

    def taken(self) -> list[int]:
        return [it - self.base for it in taken(self.admin) if 0 < it - self.base < _SPAN]


def check_in_and_check_out(it: Scene) -> tuple[list[str], list[str]]:
    it.enter(1, 1)
    it.add(2, 1)
    return [it.moves(1, "OUT")], [it.moves(2, "IN")]


def two_check_ins(it: Scene) -> tuple[list[str], list[str]]:
    it.add(1, 1)
    it.add(2, 1)
    return [it.moves(1, "IN")], [it.moves(2, "IN")]


def two_check_outs(it: Scene) -> tuple[list[str], list[str]]:
    it.enter(1, 1)
    it.enter(2, 1)
    return [it.moves(1, "OUT")], [it.moves(2, "NEW")]


def a_second_guest_and_the_first_leaves(it: Scene) -> tuple[list[str], list[str]]:
    """The room is taken before and after the first of them: nothing of it would change."""
    it.enter(1, 1)
    it.enter(2, 1)
    it.add(3, 1)
    return [it.moves(3, "IN")], [it.moves(1, "OUT"), it.moves(2, "OUT")]


def room_move_and_check_in(it: Scene) -> tuple[list[str], list[str]]:
    it.enter(1, 1)
    it.add(2, 1)
    return [it.goes(1, 2)], [it.moves(2, "IN")]


def two_room_moves(it: Scene) -> tuple[list[str], list[str]]:
    it.enter(1, 1)
    it.enter(2, 2)
    return [it.goes(1, 2)], [it.goes(2, 1)]


def two_swaps(it: Scene) -> tuple[list[str], list[str]]:
    for number, room in ((1, 1), (2, 2), (3, 1), (4, 2)):
        it.enter(number, room)
    return [it.goes(1, 2), it.goes(2, 1)], [it.goes(4, 1), it.goes(3, 2)]


def room_assignment_and_cancellation(it: Scene) -> tuple[list[str], list[str]]:
    it.add(1, None)
    return [it.goes(1, 1), it.moves(1, "IN")], [it.moves(1, "LOST")]


def check_in_and_a_direct_write(it: Scene) -> tuple[list[str], list[str]]:
    it.add(1, 1)
    wants = f"update inn.room set is_taken = true where id = {it.base + 1}"
    return [it.moves(1, "IN")], [wants]


def check_out_and_a_direct_write(it: Scene) -> tuple[list[str], list[str]]:
    it.enter(1, 1)
    keeps = f"update inn.room set is_taken = false where id = {it.base + 1}"
    return [it.moves(1, "OUT")], [keeps]


def check_in_and_the_room_goes(it: Scene) -> tuple[list[str], list[str]]:
    it.add(1, 1)
    return [it.moves(1, "IN")], [f"delete from inn.room where id = {it.base + 1}"]


def check_in_and_the_booking_goes(it: Scene) -> tuple[list[str], list[str]]:
    it.enter(1, 1)
    it.add(2, 1)
    return [it.moves(2, "IN")], [f"delete from inn.booking where id = {it.base + 1}"]


Race = Callable[[Scene], tuple[list[str], list[str]]]
RACES: dict[Race, list[int] | None] = {
    check_in_and_check_out: [1],
    two_check_ins: [1],
    two_check_outs: [],
    a_second_guest_and_the_first_leaves: [1],
    room_move_and_check_in: [1, 2],
    two_room_moves: [1, 2],
    two_swaps: [1, 2],
    room_assignment_and_cancellation: None,
    check_in_and_a_direct_write: [1],
    check_out_and_a_direct_write: [],
    check_in_and_the_room_goes: None,
    check_in_and_the_booking_goes: [1],
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("race", RACES, ids=lambda it: it.__name__.replace("_", " "))
def test_no_order_of_two_transactions_leaves_a_room_wrong(dsn: str, race: Race) -> None:
    with stage(dsn, 2) as it:
        for levels in LEVEL_PAIRS:
            for order in orders_of(it, race):
                scene = Scene(it.watcher)
                scripts = [Script(str(n), (LOOK, *s)) for n, s in enumerate(race(scene))]
                told = it.play(scripts, levels, order)

                assert set(told) <= {COMMITTED, "IL01", "IL09"}, (levels, order, told)
                assert wrong(it.watcher) == [], (levels, order, told)
                if RACES[race] is not None:
                    assert scene.taken() == RACES[race], (levels, order, told)


def orders_of(it: Stage, race: Race) -> Iterator[tuple[int, ...]]:
    """Yield the orders of a race; of many, some that are always the same."""
    scripts = [Script(str(n), (LOOK, *s)) for n, s in enumerate(race(Scene(it.watcher)))]
    every = orders(*scripts)
    yield from every if len(every) <= 20 else random.Random(9).sample(every, 20)


@pytest.mark.parametrize("level", LEVELS)
def test_a_stale_snapshot_ends_in_40001_and_never_in_a_wrong_room(
    dsn: str, connect: Connect, level: str
) -> None:
    """The second guest changes nothing of the room; but the first must learn that he is there."""
    first, admin = connect(dsn), connect(dsn, autocommit=True)
    enter(admin, 1, 5)
    add(admin, 2, 5)
    first.execute(f"set transaction isolation level {level}".encode())
    first.execute(LOOK)
    move(admin, 2, "IN")

    if level == "read committed":
        move(first, 1, "OUT")
    else:
        with pytest.raises(errors.SerializationFailure):
            move(first, 1, "OUT")
        first.rollback()
    first.commit()

    assert taken(admin) == [5]


# How a room comes to a key that another had, with a guest in it or without.
COMES = {
    "new and empty": "insert into inn.room (id) values (5)",
    "new and taken": "insert into inn.room (id, is_taken) values (5, true)",
    "by its key": "update inn.room set id = 5 where id = 6",
    "by its key, and taken": "update inn.room set id = 5, is_taken = true where id = 6",
}


@pytest.mark.parametrize("comes", COMES)
@pytest.mark.parametrize("level", LEVELS)
def test_a_room_that_comes_again_believes_no_guest_of_an_old_snapshot(
    dsn: str, connect: Connect, level: str, comes: str
) -> None:
    """An old snapshot still sees the guest of the room that went: who believes it is told 40001."""
    late, admin = connect(dsn), connect(dsn, autocommit=True)
    enter(admin, 1, 5)
    late.execute(f"set transaction isolation level {level}".encode())
    late.execute(LOOK)
    move(admin, 1, "OUT")
    admin.execute("delete from inn.room where id = 5")

    if level != "read committed":
        with pytest.raises(errors.SerializationFailure):
            late.execute(COMES[comes].encode())
        late.rollback()
        late.execute(f"set transaction isolation level {level}".encode())
    if "taken" in comes:
        with pytest.raises(errors.CheckViolation, match="cannot be true"):
            late.execute(COMES[comes].encode())
        late.rollback()
    else:
        late.execute(COMES[comes].encode())
        late.commit()

    assert wrong(admin) == []


@pytest.mark.parametrize("level", LEVELS)
def test_who_gives_up_leaves_nothing(dsn: str, connect: Connect, level: str) -> None:
    first, second, watcher = connect(dsn), connect(dsn), connect(dsn, autocommit=True)
    add(watcher, 1, 5)
    enter(watcher, 2, 5)
    move(first, 1, "IN")
    second.execute(f"set transaction isolation level {level}".encode())

    with ThreadPoolExecutor() as pool:
        late = pool.submit(move, second, 2, "OUT")
        wait_until_blocked(watcher, second)
        first.rollback()
        late.result()
    second.commit()

    assert taken(watcher) == []


@pytest.mark.parametrize("state", ["before it writes", "after it wrote"])
def test_a_session_that_is_killed_in_the_middle_leaves_nothing(
    dsn: str, connect: Connect, state: str
) -> None:
    victim, other, watcher = connect(dsn), connect(dsn), connect(dsn, autocommit=True)
    add(watcher, 1, 5)
    if state == "before it writes":
        other.execute("select from inn.room where id = 5 for update")
        with ThreadPoolExecutor() as pool:
            late = pool.submit(move, victim, 1, "IN")
            wait_until_blocked(watcher, victim)
            kill(watcher, victim)
            with pytest.raises(psycopg.OperationalError):
                late.result()
        other.rollback()
    else:
        move(victim, 1, "IN")
        kill(watcher, victim)
    victim.close()

    move(watcher, 1, "IN")
    move(watcher, 1, "OUT")

    assert taken(watcher) == []


def kill(watcher: psycopg.Connection, victim: psycopg.Connection) -> None:
    """End the session *victim*, and return when it is gone."""
    watcher.execute("select pg_terminate_backend(%s, 10000)", [victim.info.backend_pid])


def test_opposite_swaps_never_meet_in_a_deadlock(dsn: str, connect: Connect) -> None:
    """Each move leaves one room and takes the other, at once: both are locked by their numbers."""
    admin = connect(dsn, autocommit=True)
    for number, room in ((1, 1), (2, 2)):
        enter(admin, number, room)
    ready = threading.Barrier(2)

    def swap(number: int, first: int, second: int) -> int:
        deadlocks = 0
        with psycopg.connect(dsn, autocommit=True) as session:
            for _ in range(300):
                ready.wait()
                for room in (second, first):
                    try:
                        to_room(session, number, room)
                    except errors.DeadlockDetected:
                        deadlocks += 1
        return deadlocks

    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(swap, 1, 1, 2), pool.submit(swap, 2, 2, 1)]
        assert [it.result() for it in runs] == [0, 0]

    assert taken(admin) == [1, 2]


def test_who_waits_for_the_lower_room_does_not_hold_the_higher_one(
    dsn: str, connect: Connect
) -> None:
    holder, mover, watcher = connect(dsn), connect(dsn), connect(dsn, autocommit=True)
    enter(watcher, 1, 2)
    holder.execute("select from inn.room where id = 1 for update")

    with ThreadPoolExecutor() as pool:
        late = pool.submit(to_room, mover, 1, 1)
        wait_until_blocked(watcher, mover)
        watcher.execute("select from inn.room where id = 2 for update nowait")
        holder.rollback()
        late.result()
    mover.commit()

    assert taken(watcher) == [1]


def test_statements_over_many_rows_may_meet_in_a_deadlock_and_are_tried_again(
    dsn: str, connect: Connect
) -> None:
    """Rooms are locked as the rows come: two statements in opposite order, one is told 40P01."""
    admin = connect(dsn, autocommit=True)
    for number in range(1, 9):
        add(admin, number, number if number < 5 else number - 4)
    first, second = connect(dsn), connect(dsn)
    second.execute("set deadlock_timeout = '20ms'")
    second.commit()
    move(first, 1, "IN")
    move(second, 6, "IN")

    with ThreadPoolExecutor() as pool:
        late = pool.submit(move, second, 5, "IN")
        wait_until_blocked(admin, second)
        move_on = pool.submit(move, first, 2, "IN")
        with pytest.raises(errors.DeadlockDetected):
            late.result()
        second.rollback()
        move_on.result()
    first.commit()
    for number in (6, 5):
        move(admin, number, "IN")

    assert (taken(admin), wrong(admin)) == ([1, 2], [])


def test_who_locks_the_rows_over_there_first_in_the_order_of_their_key_never_does(
    dsn: str, connect: Connect
) -> None:
    """The order within one statement is the planner's, whatever a subquery is ordered by."""
    admin = connect(dsn, autocommit=True)
    for number in range(1, 17):
        add(admin, number, number if number < 9 else 17 - number)
    lock = "select from inn.room where id between 1 and 8 order by id for no key update"
    write = "update inn.booking set status = %s where id between %s and %s"

    def run(low: int, high: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as session:
            for _ in range(50):
                for state in ("IN", "NEW"):
                    with session.transaction():
                        session.execute(lock)
                        session.execute(write, [state, low, high])

    with ThreadPoolExecutor() as pool:
        for it in [pool.submit(run, 1, 8), pool.submit(run, 9, 16)]:
            it.result()

    assert wrong(admin) == []


@pytest.mark.parametrize("level", LEVELS)
def test_a_guest_does_not_enter_a_room_that_broke_just_before(
    guarded: str, connect: Connect, level: str
) -> None:
    desk, porter, watcher = connect(guarded), connect(guarded), connect(guarded, autocommit=True)
    add(watcher, 1, 5)
    desk.execute(f"set transaction isolation level {level}".encode())
    desk.execute(LOOK)
    porter.execute("update inn.room set is_broken = true where id = 5")

    with ThreadPoolExecutor() as pool:
        late = pool.submit(move, desk, 1, "IN")
        wait_until_blocked(watcher, desk)
        porter.commit()
        with pytest.raises(psycopg.Error) as caught:
            late.result()

    told = pginterlock.refusal(caught.value)
    if level == "read committed":
        assert told
        assert told.code == "IL04"
    else:
        assert isinstance(caught.value, errors.SerializationFailure)


@pytest.mark.parametrize("level", LEVELS)
def test_a_room_breaks_only_after_the_guest_is_in(
    guarded: str, connect: Connect, level: str
) -> None:
    desk, porter, watcher = connect(guarded), connect(guarded), connect(guarded, autocommit=True)
    add(watcher, 1, 5)
    porter.execute(f"set transaction isolation level {level}".encode())
    porter.execute(LOOK)
    move(desk, 1, "IN")

    with ThreadPoolExecutor() as pool:
        late = pool.submit(porter.execute, b"update inn.room set is_broken = true where id = 5")
        wait_until_blocked(watcher, porter)
        desk.commit()
        if level == "read committed":
            late.result()
        else:
            with pytest.raises(errors.SerializationFailure):
                late.result()


def test_a_guard_alone_shares_the_room(make_database: Make, connect: Connect) -> None:
    """Where no mirror writes it, two guests look at one room at once; nobody changes it."""

    def build_alone(session: psycopg.Connection) -> None:
        rooms.build_bare(session)
        apply.install(session, rooms.guard_alone())

    alone = make_database("inn_guard_alone", build_alone)
    one, two, porter = connect(alone), connect(alone), connect(alone)
    watcher = connect(alone, autocommit=True)
    for number in (1, 2):
        add(watcher, number, 5)
    move(one, 1, "IN")
    move(two, 2, "IN")

    with ThreadPoolExecutor() as pool:
        late = pool.submit(porter.execute, b"update inn.room set is_broken = true where id = 5")
        wait_until_blocked(watcher, porter)
        one.commit()
        two.commit()
        late.result()


def test_eight_sessions_at_random_leave_every_room_right(dsn: str, connect: Connect) -> None:
    admin = connect(dsn, autocommit=True)
    for number in range(1, 41):
        add(admin, number, number % 9 + 1)

    def play(seed: int) -> int:
        chance, deadlocks = random.Random(seed), 0
        with psycopg.connect(dsn, autocommit=True) as session:
            session.execute("set deadlock_timeout = '20ms'")
            for _ in range(150):
                level = chance.choice(LEVELS)
                try:
                    with session.transaction():
                        session.execute(f"set transaction isolation level {level}".encode())
                        for _ in range(chance.randint(1, 3)):
                            session.execute(*write(chance))
                except errors.CheckViolation:
                    continue
                except errors.SerializationFailure:
                    continue
                except errors.DeadlockDetected:
                    deadlocks += 1
        return deadlocks

    with ThreadPoolExecutor(8) as pool:
        for it in [pool.submit(play, seed) for seed in range(8)]:
            it.result()

    assert wrong(admin) == []


def write(chance: random.Random) -> tuple[bytes, list[object]]:
    """Return one write: a move, a room, or both."""
    number, room = chance.randint(1, 40), chance.choice([None, *range(1, 10)])
    state = chance.choice(["IN", "LONG", "NEW", "OUT"] if chance.random() < 0.2 else ["IN", "NEW"])
    return chance.choice(
        [
            (b"update inn.booking set status = %s where id = %s", [state, number]),
            (b"update inn.booking set room_id = %s where id = %s", [room, number]),
            (
                b"update inn.booking set room_id = %s, status = %s where id = %s",
                [room, state, number],
            ),
        ]
    )
