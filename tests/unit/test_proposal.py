"""A proposal: whatever was seen, its text is a spec; and each suggestion has its evidence."""

from hypothesis import given
from hypothesis import strategies as st

from pginterlock.choices import Mode
from pginterlock.elements import TableName
from pginterlock.proposal import Evidence, Move, StateCount, judge, machine_name, write
from pginterlock.spec import parse

NAMES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp")), min_size=1, max_size=12
).filter(lambda it: it.strip() == it and it != "*")
STATES = st.lists(NAMES, min_size=1, max_size=6, unique=True)


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    states = draw(STATES)
    counts = [StateCount(s, draw(st.integers(0, 500))) for s in states]
    columns = draw(st.lists(NAMES, max_size=4, unique=True))
    filled = {
        c: {it.name: draw(st.integers(0, it.rows)) for it in counts if it.rows} for c in columns
    }
    moves = draw(
        st.lists(
            st.builds(
                Move,
                st.sampled_from([None, *states]),
                st.sampled_from(states),
                st.integers(1, 5000),
            ),
            max_size=8,
            unique_by=lambda m: (m.before, m.after),
        )
    )
    return Evidence(
        TableName(draw(NAMES), draw(NAMES)),
        "status",
        tuple(counts),
        filled=filled,
        moments=tuple(draw(st.sets(st.sampled_from(columns)))) if columns else (),
        moves=tuple(moves),
        default=draw(st.sampled_from([None, *states])),
        source="proposed from its rows",
    )


@given(evidences())
def test_every_proposal_is_a_spec_that_observes_states_that_were_seen(seen: Evidence) -> None:
    (machine,) = parse(write(judge(seen), "it"), "interlock.yaml").machines

    assert machine.mode is Mode.OBSERVE
    assert (machine.table, set(machine.states) <= set(seen.names)) == (seen.table, True)


def test_a_state_that_yaml_takes_for_something_else_is_a_state() -> None:
    states = ("false", "NULL", "off")
    counts = tuple(StateCount(it, 300) for it in states)
    seen = Evidence(
        TableName("public", "lamp"), "status", counts, moves=(Move("off", "false", 300),)
    )

    (machine,) = parse(write(judge(seen), "lamp"), "interlock.yaml").machines

    assert [(t.event, t.to_state) for t in machine.transitions] == [("false", "false")]


@given(NAMES)
def test_every_table_gives_a_machine_a_name(table: str) -> None:
    seen = Evidence(TableName("public", table), "status", (StateCount("NEW", 1),))

    (machine,) = parse(write(judge(seen), machine_name(table)), "interlock.yaml").machines

    assert machine.table.name == table


HOTEL = Evidence(
    TableName("hotel", "room_booking"),
    "status",
    (
        StateCount("CHECKED_OUT", 2000),
        StateCount("CANCELLED", 1000),
        StateCount("CONFIRMED", 1000),
        StateCount("PENDING", 500),
        StateCount("CHECKED_IN", 300),
    ),
    filled={
        "checked_in_at": {"CHECKED_IN": 296, "CHECKED_OUT": 1990, "CONFIRMED": 1},
        "checked_out_at": {"CHECKED_OUT": 2000},
        "canceled_on": {"CANCELLED": 990},
        "room_id": {"CHECKED_IN": 299, "CHECKED_OUT": 2000, "CONFIRMED": 100},
        "remark": {"PENDING": 250, "CONFIRMED": 500},
        "left_at": {"CHECKED_OUT": 1950},
    },
    moments=("checked_in_at", "checked_out_at", "canceled_on", "left_at"),
    moves=(
        Move(None, "PENDING", 5000),
        Move("PENDING", "CONFIRMED", 3000),
        Move("PENDING", "CHECKED_IN", 2),
        Move("CONFIRMED", "CHECKED_IN", 2300),
        Move("CHECKED_IN", "CHECKED_OUT", 2000),
        Move("CONFIRMED", "CANCELLED", 500),
        Move("PENDING", "CANCELLED", 500),
    ),
    history="hotel.log (booking, status, at)",
    source="proposed from its rows",
)


def test_a_stamp_goes_to_the_state_of_its_name_or_of_its_figures() -> None:
    stamps = {it.name: it.value for it in judge(HOTEL).stamps}

    assert stamps == {
        "checked_in_at": "CHECKED_IN",
        "checked_out_at": "CHECKED_OUT",
        "canceled_on": "CANCELLED",
        "left_at": "CHECKED_OUT",
    }


def test_the_evidence_stands_beside_a_stamp() -> None:
    text = write(judge(HOTEL), "booking")

    line = next(it for it in text.splitlines() if "checked_in_at" in it)
    assert (
        line.split("# ")[1]
        == "set in 99.5 % of CHECKED_OUT, 0.1 % of CONFIRMED, 98.7 % of CHECKED_IN"
    )


def test_moves_are_those_of_the_history_and_rare_ones_are_comments() -> None:
    (machine,) = parse(write(judge(HOTEL), "booking"), "interlock.yaml").machines

    assert machine.initial == ("PENDING",)
    assert set(machine.final) == {"CHECKED_OUT", "CANCELLED"}
    assert machine.targets("PENDING") == ("CONFIRMED", "CANCELLED")
    assert "# checked_in: {from: PENDING, to: CHECKED_IN}    # seen 2 times, rare" in write(
        judge(HOTEL), "booking"
    )


def test_a_column_is_required_where_nearly_every_row_has_it() -> None:
    required = {(it.name, it.value) for it in judge(HOTEL).required}

    assert required == {("CHECKED_IN", "room_id"), ("CHECKED_OUT", "room_id")}


def test_without_a_history_moves_are_guessed_and_say_so() -> None:
    seen = Evidence(
        HOTEL.table, "status", HOTEL.states, filled=HOTEL.filled, moments=HOTEL.moments,
        default="PENDING", source="proposed from its rows",
    )  # fmt: skip

    proposal = judge(seen)

    assert proposal.initial == ("PENDING",)
    assert ("CHECKED_IN", "CHECKED_OUT") in {(m.before, m.after) for m in proposal.moves}
    assert "GUESSED" in write(proposal, "booking")
