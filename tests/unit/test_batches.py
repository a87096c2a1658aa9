"""Batches: their size follows the time they take, and every place is visited once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock.batches import Sizing, next_size, walk

SIZING = Sizing(target_s=0.1, first=8, smallest=1, largest=1000)


@pytest.mark.parametrize(
    ("size", "took_s", "expected"),
    [
        pytest.param(100, 0.1, 100, id="as long as asked: the same"),
        pytest.param(100, 0.4, 25, id="four times too long: a quarter"),
        pytest.param(100, 0.08, 125, id="a little short: a little more"),
        pytest.param(100, 0.0, 200, id="no time at all: no more than double"),
        pytest.param(800, 0.001, 1000, id="never over the largest"),
        pytest.param(2, 60.0, 1, id="never under the smallest"),
    ],
)
def test_a_size_follows_the_time(size: int, took_s: float, expected: int) -> None:
    assert next_size(size, took_s, SIZING) == expected


@given(st.integers(1, 1000), st.floats(0, 1e6))
def test_a_size_stays_within_its_limits(size: int, took_s: float) -> None:
    assert SIZING.smallest <= next_size(size, took_s, SIZING) <= SIZING.largest


@given(st.integers(0, 500))
def test_every_place_is_visited_once(count: int) -> None:
    visited: list[int] = []

    def one(first: int, size: int) -> int | None:
        end = min(first + size, count)
        visited.extend(range(first, end))
        return end if end < count else None

    walk(one, 0, SIZING)

    assert visited == list(range(count))
