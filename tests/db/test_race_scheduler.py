"""Sessions at random against the model: `make soak-races`, for a moment; and that it can fail.

A machine of which one part was changed behind its back must come to another result than the model;
so each part that is changed here is one that the scheduler watches.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.conftest import Build
from tests.races.__main__ import main
from tests.races.report import disagreements
from tests.races.rounds import Round, Setting, build, play
from tests.servers import TestServer

MakeDatabase = Callable[[str, Build], str]


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        Setting("function", "verify"),
        Setting("native", "online", "across"),
        Setting("trigger", "online"),
    ],
    ids=str,
)
def test_database_and_model_agree_whatever_eight_sessions_do(
    make_database: MakeDatabase, setting: Setting
) -> None:
    played = run(make_database, setting, 1600, lambda _: None)

    assert report(played) == ""
    applied = sum(it.rows for it in played.told)
    refused = {code for it in played.told for code in it.refused}
    assert applied > 200
    assert refused >= {"IL01", "IL05", "IL06", "IL08", "IL09", "IL12", "IL15"}
    if setting.rolls == "all":
        assert refused >= {"IL02", "IL03", "IL07"}
    else:
        assert sum(it.mirrored for it in played.told) > 5
        assert sum(len(it.counted) for it in played.told) > 10
    assert played.looks > 0


Change = Callable[[psycopg.Connection], object]


def replaced(function: str, *parts: str) -> Change:
    """Change parts of the body of a function, the one whose name is like that: old and new each."""

    def change(session: psycopg.Connection) -> None:
        query = "select pg_get_functiondef(p.oid) from pg_proc as p where p.proname like %s"
        ((text,),) = session.execute(query, [function]).fetchall()
        for old, new in zip(parts[::2], parts[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        session.execute(text.encode())

    return change


def executed(statement: str) -> Change:
    """Run a statement as a superuser."""
    return lambda session: session.execute(statement.encode())


# The claim as an application would hold it: count, then write.
COUNTED = """
alter table inn.booking drop constraint interlock_booking_claim_room;
create function inn.count_claims() returns trigger language plpgsql as $$
begin
    if new.status in ('HELD', 'ARRIVED') and exists (
        select from inn.booking as b
        where b.id <> new.id and b.room = new.room and b.status in ('HELD', 'ARRIVED')
            and int4range(b.starts, b.ends) && int4range(new.starts, new.ends)
    ) then
        raise exclusion_violation using
            schema = 'inn', table = 'booking', constraint = 'interlock_booking_claim_room',
            detail = jsonb_build_object('code', 'IL15', 'machine', 'booking')::text;
    end if;
    return new;
end;
$$;
create trigger booking_claims after insert or update on inn.booking
    for each row execute function inn.count_claims();
"""
# Writes that vanish, and refusals without a reason.
LOST = """
create function inn.lose() returns trigger language plpgsql as $$
begin
    if new.status = 'WAITING' then return null; end if;
    return new;
end;
$$;
create trigger bbb_lose before update on inn.booking for each row execute function inn.lose();
"""
UNHELD = COUNTED.replace("b.id <> new.id and b.room = new.room and", "b.id = new.id and")
# Name to: what is done to the machine behind its back, and what is then said of it. What sessions
# do is chosen by what is changed; what is only a race is made a long one.
CHANGES = {
    "a guard that always holds": (
        replaced("booking_change", "(new.paid > 0) is true", "true"),
        "applied, but the model refuses it by IL04",
    ),
    "a move for others": (
        replaced("booking_change", '"inn_desk"', '"inn_clerk"'),
        "applied, but the model refuses it by IL05",
    ),
    "a reason that nobody asks for": (
        replaced("booking_change", "p_code => 'IL06'", "p_code => 'IL05'"),
        "refused by IL05, the model says IL06",
    ),
    "a column that is not frozen": (
        replaced("booking_change", "if old.paid is distinct from new.paid then", "if false then"),
        "applied, but the model refuses it by IL07",
    ),
    "another name of an event": (
        replaced("booking_change", "v_event := 'wait'", "v_event := 'waits'"),
        "history: entry",
    ),
    "an invariant that always holds": (
        replaced("interlock_booking_row", "(p_9 > p_10)", "(true)"),
        "in the table, and breaks ['IL14']",
    ),
    "a stamp of another time": (
        replaced(
            "booking_premove", "new.left_at := pg_catalog.now()", "new.left_at := '2026-01-01'"
        ),
        "in place of what the model says",
    ),
    "a second life": (
        replaced(
            "booking_birth",
            "if exists (select from interlock",
            "if false and exists (select from interlock",
        ),
        "the key has a second life",
    ),
    "a reaction that is not made": (
        replaced("booking_premove", "(new.paid > 2) is true", "false"),
        "in place of what the model says",
    ),
    "a reaction that is told as another's move": (
        replaced("booking_change", "v_reaction := 'payment_holds'", "v_reaction := null"),
        "history: entry",
    ),
    "a second move that is not told": (
        replaced("booking_change", "v_via := 'HELD'", "v_via := null"),
        "refused by IL07, the model says nothing",
    ),
    "a trigger that is off": (
        executed("alter table inn.booking disable trigger interlock_50_booking_change"),
        "verify: ",
    ),
    "a fire that does not lock": (
        replaced("booking_fire", "for no key update", ""),
        "but wanted only in",
    ),
    "a claim that is counted": (executed(COUNTED), "takes what row"),
    "a claim that refuses what nobody holds": (executed(UNHELD), "though nobody held it"),
    "an update that gets lost": (executed(LOST), "was never gone"),
    "a fire that expects nothing right": (
        replaced("booking_fire", "(v_from operator(pg_catalog.=) p_expect) is not true", "true"),
        "refused by IL08, the model says",
    ),
}
SLOWLY = "perform pg_catalog.pg_sleep({});".format
ROOMS = {
    "a mirror that is not written": (
        replaced(
            "interlock_booking_mirror_taken",
            '"taken" = p_value',
            '"taken" = t."taken"',
            't."taken" is not distinct from p_value',
            "true",
        ),
        "is not taken",
    ),
    "a mirror that is counted without a lock": (
        replaced(
            "interlock_booking_mirror_taken",
            "for no key update",
            "",
            'update "inn"."room"',
            f'{SLOWLY(0.05)} update "inn"."room"',
        ),
        "was told taken: True, which was not so",
    ),
    "a mirrored column that anybody writes": (
        replaced("booking_mirror_taken", "if tg_op = 'UPDATE' then", "if true then return null;"),
        "applied, but the model refuses it by IL09",
    ),
    "a guard on a room that is not judged": (
        replaced("interlock_booking_guard_%", "(not t.shut) is true", "true"),
        "by IL04: the room is shut",
    ),
    "a guard on a room that is judged without a lock": (
        replaced(
            "interlock_booking_guard_%",
            "for no key update of t;",
            f"; if found then {SLOWLY(0.3)} found := true; end if;",
        ),
        "by IL04: the room is shut",
    ),
}
APPROVALS = {
    "approvals that are not taken": (
        replaced("take_approvals", "where a.approval_id = any(v_ids);", "where false;"),
        "the model refuses it by IL05: taken are []",
    ),
    "approvals of one person": (
        replaced("take_approvals", "p_is_distinct, p_is_signed, v_mover", "false, p_is_signed, ''"),
        "the model refuses it by IL05: taken are [",
    ),
    "approvals that do not lapse": (
        replaced("standing_approvals", "and p.entry_id = p_entry", ""),
        "was taken, and had lapsed",
    ),
    "approvals that are never enough": (
        replaced(
            "take_approvals", "cardinality(v_ids) < p_count", "true", "return v_ids", "return '{}'"
        ),
        "0 to 1 approvals, but there were 2",
    ),
    "an approval that is given again": (
        replaced(
            "give_approval", "exit when p_is_distinct and exists", "exit when false and exists"
        ),
        "approved twice of one thing",
    ),
}


ALL = CHANGES | ROOMS | APPROVALS


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_a_machine_that_was_changed_disagrees(make_database: MakeDatabase, name: str) -> None:
    change, said = ALL[name]
    rolls = "rooms" if name in ROOMS else "across" if name in APPROVALS else "all"
    setting = Setting(rolls=rolls)
    operations = 4000 if name.endswith("without a lock") else 1200

    for seed in range(6):  # what is no more than a race may not show in every round
        played = run(make_database, setting, operations, change, str(seed))
        if any(said in it.what for it in played.found):
            break

    assert said in "\n".join(it.what for it in played.found)
    assert "row " in report(played)


@pytest.mark.slow
def test_the_command_plays_on_a_server_of_its_own_and_says_what_came_of_it(
    server: TestServer, capsys: pytest.CaptureFixture[str]
) -> None:
    major = str(server.major)

    assert main(["--operations", "300", "--pg", major, "--sessions", "2", "--seed", "1"]) == 0

    told = capsys.readouterr()
    assert "round 1 of 1" in told.err
    assert "seed 1, 2 sessions" in told.out


def test_a_version_that_is_not_here_is_told_in_one_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--pg", "99"]) == 3

    assert "PostgreSQL 99" in capsys.readouterr().err


def run(
    make_database: MakeDatabase,
    setting: Setting,
    operations: int,
    change: Change,
    seed: str = "a test",
) -> Round:
    """Play one round on the machine, after *change* was made to it."""
    name = f"inn_{setting.checks}_{setting.continuity}"
    dsn = make_database(name, lambda session: build(session, setting))
    with psycopg.connect(dsn, autocommit=True) as session:
        database = session.info.dbname
        session.execute(f"alter database {database} set deadlock_timeout = 20".encode())
        change(session)
    with ThreadPoolExecutor(8) as pool:
        return play(dsn, seed, setting, operations, pool)


def report(played: Round) -> str:
    """Return what was found, as it is told to people."""
    return disagreements(played, "of a test", "") if played.found else ""
