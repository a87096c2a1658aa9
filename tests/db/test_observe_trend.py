"""interlock violations: the trend of what observe recorded, samples, Markdown."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner, Result
from tests.db import mode_parcels
from tests.db.mode_parcels import add, install

from pginterlock.commands import interlock

# As the guard records, some hours ago: who records cannot choose the time.
AGO = """
insert into interlock.violation (at, machine_name, code, rule_name, key, message)
select now() - %s * interval '1 hour', 'parcel', 'IL14', 'invariant',
    jsonb_build_object('id', n), 'parcel ' || n || ': weight_is_positive does not hold'
from generate_series(1, %s) as n
"""


@pytest.fixture
def dsn(make_database: Callable[..., str]) -> str:
    """A database with parcels."""
    return make_database("mode_parcels", mode_parcels.build)


@pytest.fixture
def db(dsn: str, connect: Callable[..., psycopg.Connection]) -> psycopg.Connection:
    """A session in it, with the machine in observe."""
    session = connect(dsn, autocommit=True)
    install(session, "observe")
    return session


def run(dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(interlock, ["violations", *arguments, "--dsn", dsn])


def groups(result: Result) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(result.stdout)["groups"]
    return found


def test_the_trend_is_of_the_last_day_by_hours_and_the_count_of_all(
    db: psycopg.Connection, dsn: str
) -> None:
    for hours, count in ((0, 1), (3, 4), (23, 2), (200, 10)):
        db.execute(AGO, [hours, count])

    told = json.loads(run(dsn, "--format", "json").stdout)

    [group] = told["groups"]
    assert told["trend"] == {"bucket": "hour", "buckets": 25}
    assert group["count"] == 17
    assert [it for it in enumerate(group["trend"]) if it[1]] == [(1, 2), (21, 4), (24, 1)]
    assert "▄···█" not in run(dsn).stdout
    assert "·▄" in run(dsn).stdout
    assert "█··▂" in run(dsn).stdout


def test_with_since_the_trend_begins_there_by_days(db: psycopg.Connection, dsn: str) -> None:
    for hours, count in ((0, 1), (72, 4), (300, 9)):
        db.execute(AGO, [hours, count])
    since = (datetime.now(UTC) - timedelta(days=6)).isoformat()

    told = json.loads(run(dsn, "--since", since, "--format", "json").stdout)

    assert told["trend"] == {"bucket": "day", "buckets": 7}
    assert [group["count"] for group in told["groups"]] == [5]
    assert [group["trend"] for group in told["groups"]] == [[0, 0, 0, 4, 0, 0, 1]]


def test_samples_are_the_last_ones_and_no_more_than_asked(db: psycopg.Connection, dsn: str) -> None:
    db.execute(AGO, [1, 20])

    [five] = groups(run(dsn, "--samples", "5", "--format", "json"))
    [usual] = groups(run(dsn, "--format", "json"))
    [none] = groups(run(dsn, "--samples", "0", "--format", "json"))
    text = run(dsn, "--samples", "4").stdout

    assert [it["key"] for it in five["samples"]] == [{"id": n} for n in range(16, 21)]  # type: ignore[attr-defined]
    assert [it["key"] for it in usual["samples"]] == [{"id": 1}, {"id": 20}]  # type: ignore[attr-defined]
    assert none["samples"] == []
    assert [f"id={n} " in text for n in (16, 17, 20)] == [False, True, True]


def test_markdown_is_a_table_that_no_statement_breaks(db: psycopg.Connection, dsn: str) -> None:
    add(db, 1)
    db.execute("update depot.parcel set weight = -1 /* a | b */ where id = 1")

    told = run(dsn, "--format", "markdown", "--samples", "1").stdout

    lines = told.splitlines()
    assert lines[0] == "### Let through, and recorded: 1"
    assert lines[2].startswith("| count | rule | machine | trend by hour | write site |")
    assert {line.replace("\\|", "").count("|") for line in lines[2:5]} == {11}
    assert "* " in told


def test_what_the_guard_records_is_counted_now(db: psycopg.Connection, dsn: str) -> None:
    add(db, 1)
    db.execute("update depot.parcel set weight = -1 where id = 1")

    [group] = groups(run(dsn, "parcel", "--format", "json"))

    assert sum(group["trend"]) == 1  # type: ignore[call-overload]


def test_fail_on_is_of_what_was_recorded(db: psycopg.Connection, dsn: str) -> None:
    assert run(dsn, "--fail-on", "any").exit_code == 0

    db.execute(AGO, [0, 1])

    assert run(dsn, "--fail-on", "any").exit_code == 1
    assert run(dsn, "--fail-on", "IL01").exit_code == 0
