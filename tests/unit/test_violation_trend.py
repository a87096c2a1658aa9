"""Trends: how wide a bucket is, which bucket a moment falls into, and the line of bars."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock.violation_trend import Width, buckets, sparkline

NOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "width", "count"),
    [
        pytest.param(timedelta(minutes=5), Width.HOUR, 1, id="minutes"),
        pytest.param(timedelta(hours=24), Width.HOUR, 25, id="a day"),
        pytest.param(timedelta(days=7), Width.DAY, 8, id="a week"),
        pytest.param(timedelta(days=365), Width.WEEK, 53, id="a year"),
        pytest.param(timedelta(days=-1), Width.HOUR, 1, id="tomorrow"),
    ],
)
def test_buckets(ago: timedelta, width: Width, count: int) -> None:
    found = buckets(NOON - ago, NOON)

    assert (found.width, len(found.counts({}))) == (width, count)


def test_counts_stand_in_their_buckets_the_oldest_first() -> None:
    over = buckets(NOON - timedelta(hours=3), NOON)
    slots = {
        Width.HOUR.slot(NOON): 5,
        Width.HOUR.slot(NOON - timedelta(hours=2)): 1,
        Width.HOUR.slot(NOON - timedelta(hours=9)): 100,
    }

    assert over.counts(slots) == [0, 1, 0, 5]


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        pytest.param([], "", id="nothing to show"),
        pytest.param([0, 0], "··", id="nothing happened"),
        pytest.param([1, 0, 8], "▁·█", id="little and much"),
        pytest.param([1, 1], "██", id="always the same"),
        pytest.param([1, 1000], "▁█", id="a little is not nothing"),
    ],
)
def test_a_line(counts: list[int], line: str) -> None:
    assert sparkline(counts) == line


def test_a_line_for_a_terminal_without_bars() -> None:
    assert sparkline([0, 1, 8], is_plain=True) == ".18"


@given(st.lists(st.integers(0, 10**9), min_size=1))
def test_more_is_never_shown_as_less(counts: list[int]) -> None:
    line = sparkline(counts, is_plain=True).replace(".", "0")

    assert len(line) == len(counts)
    assert sorted(zip(counts, line, strict=True)) == sorted(
        zip(counts, line, strict=True), key=lambda it: (it[1], it[0])
    )
