"""What the text of a call says before it is parsed: where it is, and what it may hand over."""

import pytest

from pginterlock.scan.call_places import inner, may_hand, places


def test_calls_are_found_at_their_lines_and_definitions_are_none() -> None:
    text = b"def close(order):\n    close(order)\n    self.close (1)\nclass close(Base): ...\n"
    assert [line for line, _ in places(text, b"close")] == [2, 3]


def test_a_longer_name_is_another_one() -> None:
    text = "reclose(1)\n_close(1)\nclosed(1)\n\u00e9close(1)\n".encode()
    assert not [*places(text, b"close")]


@pytest.mark.parametrize(
    ("call", "number", "name", "is_told"),
    [
        (b"()", 0, b"order", False),
        (b"(one)", 0, b"order", True),
        (b"(one)", 1, b"order", False),
        (b"(one(2, 3))", 1, b"order", False),
        (b"(one, two)", 1, b"order", True),
        (b"(one, order=two)", 2, b"order", True),
        (b"(one)", None, b"order", False),
        (b"(*them)", 3, b"order", True),
        (b"('a, b)', \"c\")", 1, b"order", True),
        (b"('a, b)')", 1, b"order", False),
        (b"('''a''')", 1, b"order", True),
        (b"(one  # two, three)\n, four)", 2, b"order", True),
        (b"(one", 1, b"order", True),
    ],
)
def test_the_text_says_whether_a_parameter_may_be_handed_something(
    call: bytes, number: int | None, name: bytes, is_told: bool
) -> None:
    assert may_hand(call, 0, inner(call, 0), number, name) is is_told
