"""The chain of seals and the line that is kept elsewhere, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock.chain import (
    Anchor,
    Seal,
    Tree,
    anchor,
    broken_links,
    first_link,
    moment,
    read_anchor,
    root_of,
)

CHAIN = "0b8f0a5e-6f0c-4b3e-9a51-0a8d5f7b2c11"
AT = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)

anchors = st.builds(
    Anchor,
    database=st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1),
    chain_id=st.just(CHAIN),
    number=st.integers(1, 10**12),
    total_count=st.integers(0, 10**15),
    time=st.just(moment(AT)),
    root=st.binary(min_size=32, max_size=32),
    key=st.none(),
    signature=st.none(),
)


@given(anchors)
def test_a_line_says_what_was_written(kept: Anchor) -> None:
    assert read_anchor(kept.line()) == kept
    assert len(kept.line().splitlines()) == 1


@given(anchors, st.binary(min_size=64, max_size=64))
def test_a_signed_line_says_so_too(kept: Anchor, signature: bytes) -> None:
    signed = replace(kept, key="ab" * 32, signature=signature)

    assert read_anchor(signed.line()) == signed
    assert signed.line().startswith(signed.signed + " ")


@given(st.text())
def test_any_other_text_is_no_line(text: str) -> None:
    assert read_anchor(text) is None


def seals() -> tuple[list[Seal], list[Tree]]:
    """Return a chain of three seals."""
    made: list[Seal] = []
    trees: list[Tree] = []
    for number in (1, 2, 3):
        mine = [
            Tree(number, name, date(2026, 1, 1), 5, 1, 9, bytes([number]) * 32, ("a", "b"), ("b",))
            for name in ("journal", "booking_audit")
        ]
        last = made[-1] if made else None
        one = Seal(
            number, CHAIN, last.root if last else first_link(CHAIN), b"", 10, 10 * number, "7",
            number, number + 1, None, None, AT,
        )  # fmt: skip
        made.append(replace(one, root=root_of(one, mine)))
        trees += mine
    return made, trees


def test_a_chain_that_was_not_changed_has_no_broken_link() -> None:
    assert broken_links(*seals()) == []
    assert broken_links([], []) == []


@pytest.mark.parametrize(
    "change",
    [
        {"previous": b"x" * 32},
        {"root": b"x" * 32},
        {"chain_id": CHAIN.replace("0b", "0c")},
        {"cluster": "8"},
        {"from_xid": 1},
        {"upto_xid": 99},
        {"last_relation": "journal", "last_entry": 3},
        {"sealed_at": AT + timedelta(microseconds=1)},
        {"total_count": 21},
        {"entry_count": 11},
        {"number": 5},
    ],
)
def test_any_change_of_a_seal_breaks_its_link(change: dict[str, object]) -> None:
    made, trees = seals()
    made[1] = replace(made[1], **change)  # type: ignore[arg-type]

    assert broken_links(made, trees)[0][0] == 2


@pytest.mark.parametrize(
    "change",
    [
        {"entry_count": 6},
        {"first_id": 2},
        {"last_id": 10},
        {"root": b"x" * 32},
        {"columns": ("a",)},
        {"columns": ("a,b",)},
        {"erasable": ()},
        {"month": date(2026, 2, 1)},
        {"relation": "other_audit"},
        {"number": 3},
    ],
)
def test_any_change_of_a_tree_breaks_the_link(change: dict[str, object]) -> None:
    made, trees = seals()
    trees[2] = replace(trees[2], **change)  # type: ignore[arg-type]

    assert broken_links(made, trees)[0][0] == 2


def test_what_is_taken_away_is_told() -> None:
    made, trees = seals()

    [(number, why), *_] = broken_links([made[0], made[2]], trees)
    assert (number, why) == (2, "it is missing, and later ones are there")
    assert broken_links(made[:2], trees) == [(3, "there are trees of it, and no seal")]


def test_a_moment_is_written_in_one_way() -> None:
    east = AT.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert moment(east) == moment(AT) == "2026-03-01T12:00:00.000005Z"
    assert anchor(seals()[0][0], "x y").line().split(" ")[1] == "x%20y"
