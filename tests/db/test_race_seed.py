"""The races of the report, in every order of their statements, at every pair of isolation levels.

Whatever the order: no booking is wrong, the history replays, and each transaction was committed,
refused for the right reason, or told to try again and then committed or refused.
"""

import random
from collections import Counter

import psycopg
import pytest
from tests.db import race_hotel
from tests.db.race_hotel import ROOMS, SEED, Race, faults, play
from tests.db.stepping import COMMITTED, LEVEL_PAIRS, LEVELS, Script, orders, stage


@pytest.mark.parametrize("levels", LEVEL_PAIRS, ids=" with ".join)
@pytest.mark.parametrize("race", [*SEED, *ROOMS], ids=lambda it: it.name)
def test_whatever_the_order_both_are_told_what_became_of_them(
    hotel: str, race: Race, levels: tuple[str, str]
) -> None:
    with stage(hotel, 2) as played:
        ended = {order: play(played, race, levels, order) for order in orders(*race.scripts)}

        assert {order: it for order, it in ended.items() if race.ends.get(it[0]) != it[1]} == {}
        assert {it[0] for it in ended.values()} == set(race.ends)
        assert faults(played) == []


# A booking that is confirmed first and paid later is wrong only in between.
@pytest.mark.parametrize("race", [SEED[0], SEED[2], *ROOMS], ids=lambda it: it.name)
def test_without_a_machine_the_same_orders_leave_a_wrong_booking(
    bare_hotel: str, race: Race
) -> None:
    levels = (LEVELS[0], LEVELS[0])
    with stage(bare_hotel, 2) as played:
        _furnish(played.watcher)
        bare = _without_actor(race)
        ended = Counter(play(played, bare, levels, it) for it in orders(*bare.scripts))

        assert {codes for codes, _ in ended} == {(COMMITTED, COMMITTED)}
        assert played.watcher.execute(race_hotel.WRONG.encode()).fetchall() != []


@pytest.mark.parametrize("seed", range(12))
def test_four_sessions_at_random_leave_the_booking_sound(hotel: str, seed: int) -> None:
    dice = random.Random(seed)
    scripts = [
        race_hotel.check_in(),
        race_hotel.cancel(),
        race_hotel.pay(),
        race_hotel.confirm(),
        race_hotel.assign(room=2),
    ]
    known = {COMMITTED, "IL01", "IL04", "IL07", "IL13", "IL15"}
    with stage(hotel, 4) as played:
        for _ in range(12):
            start = (("PENDING", None, dice.random() < 0.7),)
            chosen = tuple(dice.choices(scripts, k=4))
            order = [who for who, it in enumerate(chosen) for _ in range(len(it.steps) + 1)]
            dice.shuffle(order)
            race = Race("at random", start, chosen, {})
            ended, _ = play(played, race, dice.choices(LEVELS, k=4), order)

            assert set(ended) <= known

        assert faults(played) == []


def _furnish(session: psycopg.Connection) -> None:
    session.execute("insert into hotel.hotel values (1, 'city')")
    session.execute(
        "insert into hotel.room (id, hotel_id, number, room_type)"
        " select n, 1, n::text, 'A' from generate_series(1, 9) as n"
    )


def _without_actor(race: Race) -> Race:
    """Return *race* as it is played where schema interlock is not."""
    scripts = (
        Script(it.name, tuple(step for step in it.steps if step != race_hotel.ACT))
        for it in race.scripts
    )
    return Race(race.name, race.before, tuple(scripts), race.ends)
