"""The baseline: a site is known again when lines move, and a new one is new."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scan_sites import replace, site

from pginterlock.errors import UsageError
from pginterlock.scan.baseline import compared, keys_of, read, to_text
from pginterlock.scan.judged import Judged, judged
from pginterlock.scan.site import Site, Unread

SITES = [
    site("status", "A", line=3),
    site("status", "A", line=9),
    site("status", "B", line=12),
    site("paid_at", None, line=14, enclosing="pay"),
]


def known(sites: list[Site]) -> list[Judged]:
    return judged(sites, ())


def new_in(before: list[Site], after: list[Site]) -> tuple[list[int], int]:
    text = to_text(known(before), [], str)
    marked, gone = compared(known(after), read(text, "baseline"), str)
    return [it.site.line for it in marked if it.is_new], gone


def test_nothing_is_new_of_what_is_the_same() -> None:
    assert new_in(SITES, SITES) == ([], 0)


@given(st.integers(-2, 500), st.randoms())
def test_lines_may_move_and_sites_come_in_any_order(by: int, dice: random.Random) -> None:
    moved = [replace(it, line=it.line + by, end_line=it.end_line + by) for it in SITES]
    dice.shuffle(moved)

    assert new_in(SITES, moved) == ([], 0)


@pytest.mark.parametrize(
    "change",
    [
        {"file": "hotel/other.py"},
        {"enclosing": "elsewhere"},
        {"model": "Order"},
        {"field": "state"},
        {"construct": "kwarg_create"},
        {"text": "booking.status = 'C'"},
    ],
    ids=str,
)
def test_a_site_that_is_another_is_new_and_the_old_one_gone(change: dict[str, str]) -> None:
    after = [*SITES[:3], replace(SITES[3], **change)]  # type: ignore[arg-type]

    assert new_in(SITES, after) == ([14], 1)


@pytest.mark.parametrize("comment", ["  # noqa: X1", "  -- why", " # interlock: ok so"])
def test_a_comment_behind_a_statement_makes_no_news(comment: str) -> None:
    after = [replace(it, text=it.text + comment) for it in SITES]

    assert new_in(SITES, after) == ([], 0)


def test_one_more_of_the_same_statement_is_new() -> None:
    assert new_in(SITES, [*SITES, site("status", "A", line=20)]) == ([20], 0)


def test_one_that_goes_is_gone_and_fails_nothing() -> None:
    assert new_in(SITES, SITES[1:]) == ([], 1)


def test_tests_migrations_and_defaults_are_not_kept() -> None:
    text = to_text(known([*SITES, site("status", "A", file="app/tests/x.py")]), [], str)

    assert "tests/x.py" not in text
    assert len(read(text, "baseline").keys) == 4


def test_files_that_cannot_be_read_are_kept_by_name() -> None:
    text = to_text(known([]), [Unread("old/two.py", 3, "print")], lambda it: f"x/{it}")

    assert read(text, "baseline").unread == {"x/old/two.py"}


def test_the_text_is_the_same_however_the_sites_come() -> None:
    assert to_text(known(SITES), [], str) == to_text(known(SITES[::-1]), [], str)
    assert to_text(known(SITES), [], str).count("\n    {") == 4


@given(st.lists(st.sampled_from(SITES), max_size=6))
def test_no_two_sites_are_known_by_the_same(sites: list[Site]) -> None:
    apart = [replace(it, line=number) for number, it in enumerate(sites)]

    assert len(set(keys_of(apart, str))) == len(sites)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no baseline of interlock scan"),
        ("[]", "is no baseline of interlock scan"),
        ('{"format": "interlock scan baseline 9"}', "this is 'interlock scan baseline 9'"),
        ('{"format": "interlock scan baseline 1", "sites": [{}], "unread": []}', "is no baseline"),
        ('{"format": "interlock scan baseline 1", "sites": 3, "unread": []}', "is no baseline"),
    ],
)
def test_what_is_no_baseline_is_said_to_be_none(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(text, "old.json")
