"""A reaction against other writers of its row, in every order, at every pair of isolation levels.

Whatever the order: nobody's write is lost, the stay is where its history says, and each transaction
was committed, refused for the right reason, or told to try again and then committed or refused.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from tests.db import reacting_stays as stays
from tests.db.reacting_stays import ACTOR
from tests.db.stepping import COMMITTED, LEVEL_PAIRS, LEVELS, Script, Stage, orders, stage

DONE = COMMITTED
READ = "select status, paid_at from inn.stay where id = {n}"
ACT = "select interlock.act_as('user:anna', reason => 'by hand')"


@dataclass(frozen=True, slots=True)
class Race:
    """Two transactions on a stay, each way in which they may end, and how it then stands."""

    name: str
    state: str
    rate: int | None
    scripts: tuple[Script, ...]
    ends: dict[tuple[str, ...], tuple[str, bool]]


def script(name: str, *writes: str) -> Script:
    return Script(name, (READ, *writes))


PAY = script("payment", "update inn.stay set paid_at = now() where id = {n}")
WEBHOOK = script("webhook", "update inn.stay set status = 'ASKED', paid_at = now() where id = {n}")
CANCEL = script("cancellation", "update inn.stay set status = 'CANCELLED' where id = {n}")
CONFIRM = script("confirmation", ACT, "update inn.stay set status = 'CONFIRMED' where id = {n}")
ASK = script("request", "update inn.stay set status = 'ASKED' where id = {n}")
RATE = script("price", "update inn.stay set rate = 90 where id = {n}")
SUBMIT = script("submission", "update inn.stay set status = 'PENDING' where id = {n}")
NOTE = script("note", "update inn.stay set note = 'late' where id = {n}")

RACES = (
    Race(
        "payment against cancellation",
        "PENDING",
        90,
        (PAY, CANCEL),
        {(DONE, DONE): ("CANCELLED", True)},
    ),
    Race(
        "payment against confirmation by hand",
        "PENDING",
        90,
        (PAY, CONFIRM),
        {(DONE, DONE): ("CONFIRMED", True), ("IL07", DONE): ("CONFIRMED", False)},
    ),
    Race(
        "payment against a request",
        "PENDING",
        90,
        (PAY, ASK),
        {(DONE, DONE): ("CONFIRMED", True), (DONE, "IL01"): ("CONFIRMED", True)},
    ),
    Race(
        "webhook against cancellation",
        "PENDING",
        90,
        (WEBHOOK, CANCEL),
        {(DONE, DONE): ("CANCELLED", True), ("IL01", DONE): ("CANCELLED", False)},
    ),
    Race(
        "two payments",
        "ASKED",
        90,
        (PAY, PAY),
        {(DONE, "IL07"): ("CONFIRMED", True), ("IL07", DONE): ("CONFIRMED", True)},
    ),
    Race(
        "payment against what its guard waits for",
        "PENDING",
        None,
        (PAY, RATE),
        {(DONE, DONE): ("CONFIRMED", True)},
    ),
    Race(
        "payment against the state in which it counts",
        "DRAFT",
        90,
        (PAY, SUBMIT),
        {(DONE, DONE): ("CONFIRMED", True)},
    ),
    Race(
        "payment against an edit",
        "PENDING",
        90,
        (PAY, NOTE),
        {(DONE, DONE): ("CONFIRMED", True)},
    ),
)


@pytest.fixture
def dsn(make_database: Callable[..., str]) -> str:
    return make_database("stays_plain", stays.builder())


@pytest.mark.parametrize("levels", LEVEL_PAIRS, ids=" with ".join)
@pytest.mark.parametrize("race", RACES, ids=lambda it: it.name)
def test_whatever_the_order_a_payment_confirms(
    dsn: str, race: Race, levels: tuple[str, str]
) -> None:
    with stage(dsn, 2) as played:
        ended = {order: play(played, race, levels, order) for order in orders(*race.scripts)}

        assert {order: it for order, it in ended.items() if race.ends.get(it[0]) != it[1]} == {}
        assert {it[0] for it in ended.values()} == set(race.ends)
        assert faults(played) == []


@pytest.mark.parametrize("seed", range(10))
def test_four_sessions_at_random_leave_the_stay_sound(dsn: str, seed: int) -> None:
    dice = random.Random(seed)
    scripts = [PAY, WEBHOOK, CANCEL, CONFIRM, ASK, RATE, SUBMIT, NOTE]
    with stage(dsn, 4) as played:
        for _ in range(12):
            chosen = tuple(dice.choices(scripts, k=4))
            order = [who for who, it in enumerate(chosen) for _ in range(len(it.steps) + 1)]
            dice.shuffle(order)
            start = dice.choice(["DRAFT", "PENDING", "ASKED"])
            race = Race("at random", start, dice.choice([None, 90]), chosen, {})
            ended, _ = play(played, race, dice.choices(LEVELS, k=4), order)

            assert set(ended) <= {DONE, "IL01", "IL04", "IL07"}

        assert faults(played) == []


def play(
    played: Stage, race: Race, levels: Sequence[str], order: Sequence[int]
) -> tuple[tuple[str, ...], tuple[str, bool]]:
    """Play *race* on a new stay; return how its transactions ended, and how the stay stands."""
    watcher = played.watcher
    row = watcher.execute("select coalesce(max(id), 0) + 1 from inn.stay").fetchone()
    number = int(row[0]) if row else 1
    began = "DRAFT" if race.state == "DRAFT" else "PENDING"
    watcher.execute(
        "insert into inn.stay (id, status, rate) values (%s, %s, %s)", [number, began, race.rate]
    )
    if race.state == "ASKED":
        watcher.execute("update inn.stay set status = 'ASKED' where id = %s", [number])
    scripts = [
        Script(it.name, tuple(str(step).format(n=number) for step in it.steps))
        for it in race.scripts
    ]
    ended = played.play(scripts, levels, order)
    look = "select status, paid_at is not null from inn.stay where id = %s"
    status, paid = watcher.execute(look, [number]).fetchall()[0]
    return tuple(ended), (status, paid)


def faults(played: Stage) -> list[object]:
    """Return paid stays that wait, entries that say too much, and what `verify` finds."""
    waiting = played.watcher.execute(
        "select id, status from inn.stay where status in ('PENDING', 'ASKED')"
        " and paid_at is not null and rate is not null"
    )
    found: list[object] = [*waiting.fetchall()]
    untold = played.watcher.execute(
        "select id from interlock.stay_audit where (actor = %s) <> (cause is not null)"
        " or (actor = %s and event <> 'confirm')",
        [ACTOR, ACTOR],
    )
    return [*found, *untold.fetchall(), *stays.wrong(played.watcher)]
