"""The graph of moves: what is reached from where, and what follows of it for stamps."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock.choices import Mode, Presence
from pginterlock.elements import Stamp, StateRow, TableName, Transition
from pginterlock.model import Machine, Position, Spec, SpecPath

HOTEL = {
    "request_approval": "PENDING > PENDING_APPROVAL",
    "confirm": "PENDING, PENDING_APPROVAL > CONFIRMED",
    "check_in": "CONFIRMED > CHECKED_IN",
    "check_out": "CHECKED_IN > CHECKED_OUT",
    "cancel": "PENDING, PENDING_APPROVAL, CONFIRMED > CANCELLED",
    "no_show": "CONFIRMED > NO_SHOW",
}


def machine(moves: dict[str, str], initial: str, final: str = "") -> Machine:
    found = []
    for event, text in moves.items():
        left, _, entered = text.partition(" > ")
        found += [Transition(event, state, entered) for state in left.split(", ")]
    return Machine(
        name="m",
        table=TableName("public", "t"),
        state="s",
        key=(),
        mode=Mode.OBSERVE,
        initial=tuple(initial.split()),
        final=tuple(final.split()),
        transitions=tuple(found),
    )


def test_states_are_in_the_order_in_which_they_are_named() -> None:
    read = machine({"b": "B > A", "c": "A > C"}, initial="Z", final="C Y")

    assert read.states == ("Z", "B", "A", "C", "Y")


def test_targets_are_told_once_and_in_order() -> None:
    read = machine({"b": "A > B", "c": "A > C", "again": "A > B"}, initial="A")

    assert read.targets("A") == ("B", "C")
    assert read.targets("B") == ()


def test_a_state_without_a_row_has_an_empty_one() -> None:
    row = StateRow("A", require=("x",))
    read = replace(machine({"b": "A > B"}, initial="A"), rows=(row,))

    assert read.row("A") == row
    assert read.row("B") == StateRow("B")


@pytest.mark.parametrize(
    ("start", "without", "expected"),
    [
        pytest.param("A", "", "ABCD", id="all that follows, itself too"),
        pytest.param("D", "", "D", id="nothing follows"),
        pytest.param("A", "B", "ACD", id="round a state"),
        pytest.param("A", "BC", "A", id="round two states"),
        pytest.param("A", "A", "", id="without the start"),
        pytest.param("BE", "", "BDEF", id="from two states"),
        pytest.param("E", "", "EF", id="round a circle"),
        pytest.param("", "", "", id="from nowhere"),
    ],
)
def test_reachable(start: str, without: str, expected: str) -> None:
    read = machine({"x": "A > B", "y": "A > C", "z": "B, C > D", "e": "E > F", "f": "F > E"}, "A")

    assert read.reachable(tuple(start), without=tuple(without)) == set(expected)


@pytest.mark.parametrize(
    ("states", "required", "optional"),
    [
        pytest.param("CHECKED_IN", "CHECKED_IN CHECKED_OUT", "", id="what follows has passed it"),
        pytest.param("CHECKED_OUT", "CHECKED_OUT", "", id="the last"),
        pytest.param(
            "PENDING_APPROVAL",
            "PENDING_APPROVAL",
            "CONFIRMED CHECKED_IN CHECKED_OUT CANCELLED NO_SHOW",
            id="there is a way past it",
        ),
        pytest.param(
            "CONFIRMED",
            "CONFIRMED CHECKED_IN CHECKED_OUT NO_SHOW",
            "CANCELLED",
            id="one of its followers has another way",
        ),
        pytest.param(
            "PENDING",
            "PENDING PENDING_APPROVAL CONFIRMED CHECKED_IN CHECKED_OUT CANCELLED NO_SHOW",
            "",
            id="birth",
        ),
        pytest.param("CANCELLED NO_SHOW", "CANCELLED NO_SHOW", "", id="two states"),
        pytest.param(
            "PENDING_APPROVAL CONFIRMED",
            "PENDING_APPROVAL CONFIRMED CHECKED_IN CHECKED_OUT NO_SHOW",
            "CANCELLED",
            id="two states, one of which must be passed",
        ),
    ],
)
def test_what_a_stamp_must_be_in_each_state_of_the_hotel(
    states: str, required: str, optional: str
) -> None:
    hotel = machine(HOTEL, initial="PENDING", final="CHECKED_OUT CANCELLED NO_SHOW")
    stamp = Stamp("at", tuple(states.split()))

    found = {state: hotel.presence(stamp, state) for state in hotel.states}

    assert {s for s, it in found.items() if it is Presence.REQUIRED} == set(required.split())
    assert {s for s, it in found.items() if it is Presence.OPTIONAL} == set(optional.split())


def test_a_second_way_to_begin_makes_a_stamp_optional_behind_it() -> None:
    read = machine({"b": "A > B", "c": "B > C", "d": "C > D"}, initial="A C")
    stamp = Stamp("at", ("B",))

    assert [read.presence(stamp, state) for state in "ABCD"] == [
        Presence.FORBIDDEN,
        Presence.REQUIRED,
        Presence.OPTIONAL,
        Presence.OPTIONAL,
    ]


def test_a_circle_makes_a_stamp_optional_before_it() -> None:
    read = machine({"b": "A > B", "back": "B > A"}, initial="A")

    assert read.presence(Stamp("at", ("B",)), "A") is Presence.OPTIONAL


NAMES = "ABCDE"
moves = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda it: it[0] != it[1]),
    max_size=9,
    unique=True,
)


@given(moves=moves, initial=st.sampled_from(NAMES), stamped=st.sets(st.sampled_from(NAMES)))
def test_presence_is_what_the_lives_of_rows_show(
    moves: list[tuple[str, str]], initial: str, stamped: set[str]
) -> None:
    """Walk every life of a row, and look where the stamp is set, as the database would see it."""
    read = machine({f"e{n}": f"{a} > {b}" for n, (a, b) in enumerate(moves)}, initial=initial)
    stamped &= read.reachable((initial,))
    stamp = Stamp("at", tuple(sorted(stamped)))
    seen: dict[str, set[bool]] = {}
    todo = [(initial, initial in stamped)]
    while todo:
        state, is_set = todo.pop()
        if is_set not in seen.setdefault(state, set()):
            seen[state].add(is_set)
            todo += [(b, is_set or b in stamped) for a, b in moves if a == state]

    for state, sets in seen.items():
        assert (
            read.presence(stamp, state)
            is {
                (True,): Presence.REQUIRED,
                (False,): Presence.FORBIDDEN,
                (False, True): Presence.OPTIONAL,
            }[tuple(sorted(sets))]
        )


@given(moves=moves, start=st.sampled_from(NAMES))
def test_reachable_is_closed_under_moves(moves: list[tuple[str, str]], start: str) -> None:
    read = machine({f"e{n}": f"{a} > {b}" for n, (a, b) in enumerate(moves)}, initial="A")
    reached = read.reachable((start,))

    assert start in reached
    assert all(b in reached for a, b in moves if a in reached)
    for other in reached:
        assert read.reachable((other,)) <= reached


def test_what_has_no_place_stands_where_its_parent_does() -> None:
    places: dict[SpecPath, Position] = {
        (): Position("f", 1, 1),
        ("machines", "m"): Position("f", 3, 3),
    }
    spec = Spec((), places)

    assert spec.locate(("machines", "m", "stamps", "a", 0)) == Position("f", 3, 3)
    assert spec.locate(("other",)) == Position("f", 1, 1)
    assert Spec(()).locate(("machines",)) is None


def test_places_take_no_part_in_comparisons() -> None:
    assert Spec((), {(): Position("f", 1, 1)}) == Spec((), {(): Position("g", 2, 2)})


def test_a_position_is_written_as_editors_read_it() -> None:
    assert str(Position("interlock.yaml", 3, 14)) == "interlock.yaml:3:14"
