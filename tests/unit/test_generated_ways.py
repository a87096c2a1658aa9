"""How a generated row comes to its state, and what it needs on the way."""

from pginterlock import spec
from pginterlock.generate import ways

MACHINE = spec.parse(
    """
interlock: 1
machines:
  parcel:
    table: public.parcel
    state: status
    initial: [PACKED]
    final: [DELIVERED, FOUND]
    transitions:
      hold:    {from: PACKED, to: HELD}
      free:    {from: HELD, to: PACKED}
      send:    {from: [PACKED, HELD], to: SENT}
      deliver: {from: SENT, to: DELIVERED, guard: paid_at is not null}
      lose:    {from: SENT, to: LOST, approvals: {count: 1}}
      find:    {from: [LOST, HELD], to: FOUND}
    stamps: {sent_at: SENT}
    states:
      HELD:      {forbid: [carrier]}
      SENT:      {freeze: [carrier, paid_at]}
      DELIVERED: {require: [carrier]}
""",
    "interlock.yaml",
).machines[0]


def events(state: str) -> list[list[str]]:
    return [[it.event for it in way] for _, way in ways.to(MACHINE, state)]


def test_the_shortest_way_comes_first_and_none_passes_a_state_twice() -> None:
    assert events("PACKED") == [[]]
    assert events("SENT") == [["send"], ["hold", "send"]]
    assert events("DELIVERED") == [["send", "deliver"], ["hold", "send", "deliver"]]


def test_a_way_that_needs_approvals_comes_after_those_that_need_none() -> None:
    assert events("LOST") == [["send", "lose"], ["hold", "send", "lose"]]
    assert events("FOUND") == [
        ["hold", "find"],
        ["send", "lose", "find"],
        ["hold", "send", "lose", "find"],
    ]


def test_what_is_asked_for_once_it_is_frozen_is_given_before() -> None:
    ahead = [it for it in MACHINE.transitions if (it.event, it.from_state) == ("send", "PACKED")]
    ahead += [it for it in MACHINE.transitions if it.event == "deliver"]
    columns = ["carrier", "paid_at", "sent_at"]

    assert ways.foresight(MACHINE, columns, "SENT", ahead[1:]) == {"carrier": True, "paid_at": True}
    assert ways.foresight(MACHINE, columns, "SENT", []) == {}


def test_stamps_and_state_rows_say_what_is_there() -> None:
    assert ways.presence(MACHINE, "HELD") == {"sent_at": False, "carrier": False}
    assert ways.presence(MACHINE, "DELIVERED") == {"sent_at": True, "carrier": True}
