"""Roles of a move, and the columns of a funnel, as a spec names them."""

import pytest

from pginterlock.check import check
from pginterlock.errors import SpecError
from pginterlock.spec import parse

SPEC = """\
interlock: 1
machines:
  booking:
    table: hotel.room_booking
    state: status
    initial: PENDING
    final: [DONE]
    transitions:
      finish: {from: PENDING, to: DONE, by: BY}
      close:  {from: PENDING, to: DONE}
"""


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("[a, a]", "9:49: 'a' is there twice"),
        ("' '", "9:41: a role needs a name"),
        ("public", "9:41: 'public' is no role: without `by`, anybody may make the move"),
        ("NONE", "9:41: 'NONE' is no role"),
        ("x" * 64, "is longer than 63 bytes"),
    ],
)
def test_a_name_that_is_no_role(by: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse(SPEC.replace("BY", by), "f.yaml")

    assert message in str(refused.value)


def test_one_role_or_several() -> None:
    one = parse(SPEC.replace("BY", "clerk"), "f.yaml").machines[0]
    two = parse(SPEC.replace("BY", "[clerk, boss]"), "f.yaml").machines[0]

    assert [one.transitions[0].by, two.transitions[0].by] == [("clerk",), ("clerk", "boss")]


def test_a_move_for_some_does_not_shadow_the_same_for_all() -> None:
    assert check(parse(SPEC.replace("BY", "clerk"), "f.yaml")) == []
    [found] = check(parse(SPEC.replace(", by: BY", ""), "f.yaml"))
    assert found.code == "shadowed-move"


def test_a_funnel_shuts_the_state_the_stamps_and_what_is_claimed() -> None:
    more = """\
    stamps: {done_at: DONE}
    claims: {room: {resource: [hotel, room], in: PENDING}}
"""
    text = SPEC.replace("BY", "clerk") + more

    assert parse(text, "f.yaml").machines[0].funnel == ()
    shut = parse(text + "    funnel: true\n", "f.yaml").machines[0].funnel
    assert shut == ("status", "done_at", "hotel", "room")
