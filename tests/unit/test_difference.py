"""Differences: each kind of change is told once, with the states whose rows it concerns."""

import pytest
from tests import version_parcels as parcels

from pginterlock.difference import counted, difference, removed_states
from pginterlock.model import Machine
from pginterlock.renaming import under_both_names

FIRST = parcels.first().machines[0]
RENAMED = parcels.renamed().machines[0]


def changed(old: str, new: str) -> Machine:
    assert old in parcels.SPEC
    return parcels.of(parcels.SPEC.replace(old, new)).machines[0]


def told(before: Machine, after: Machine) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(it.what, it.subject, it.states) for it in difference(before, after)]


def test_the_same_machine_differs_in_nothing() -> None:
    assert difference(FIRST, parcels.first().machines[0]) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "arrive: {from: SENT, to: HERE}",
            "arrive: {from: SENT, to: LOST}",
            [
                ("move added", "arrive: SENT -> LOST", ("SENT",)),
                ("move removed", "arrive: SENT -> HERE", ("SENT",)),
                ("stamp changed", "sent_at in HERE", ("HERE",)),
            ],
            id="a move goes elsewhere",
        ),
        pytest.param(
            "guard: weight > 0",
            "by: [clerk]",
            [
                ("guard changed", "send: PACKED -> SENT", ("PACKED",)),
                ("roles of a move changed", "send: PACKED -> SENT", ("PACKED",)),
            ],
            id="a guard goes and roles come",
        ),
        pytest.param(
            "to: LOST, reason: required",
            "to: LOST",
            [
                ("reason of a move changed", "lose: PACKED -> LOST", ("PACKED",)),
                ("reason of a move changed", "lose: SENT -> LOST", ("SENT",)),
            ],
            id="a reason is no longer needed",
        ),
        pytest.param(
            "initial: [PACKED]",
            "initial: [PACKED, SENT]",
            [("initial added", "SENT", ("SENT",))],
            id="a state becomes initial",
        ),
        pytest.param(
            "final: [HERE, LOST]",
            "final: [HERE]",
            [("final removed", "LOST", ("LOST",))],
            id="a state is no longer final",
        ),
        pytest.param(
            "fill: always",
            "fill: never",
            [("stamp changed", "sent_at", ("SENT",))],
            id="a stamp is filled otherwise",
        ),
        pytest.param(
            "stamps: {sent_at: {state: SENT, fill: always}}",
            "stamps: {}",
            [("stamp removed", "sent_at", ("SENT", "HERE"))],
            id="a stamp goes",
        ),
        pytest.param(
            "freeze: [weight]",
            "freeze: []",
            [("state row removed", "SENT: freeze weight", ("SENT",))],
            id="a column thaws",
        ),
        pytest.param(
            "in: [SENT]",
            "in: [SENT, HERE]",
            [("invariant changed", "light", ("SENT", "HERE"))],
            id="an invariant holds in more states",
        ),
        pytest.param(
            "deletion: {from: [LOST]}",
            "deletion: {from: [HERE]}",
            [
                ("deletion added", "HERE", ("HERE",)),
                ("deletion removed", "LOST", ("LOST",)),
            ],
            id="other rows may be deleted",
        ),
        pytest.param(
            "mode: enforce",
            "mode: observe",
            [("mode changed", "enforce -> observe", ())],
            id="another mode",
        ),
    ],
)
def test_a_change_is_told(
    old: str, new: str, expected: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    assert told(FIRST, changed(old, new)) == expected


def test_the_order_of_names_is_no_change() -> None:
    assert difference(FIRST, changed("final: [HERE, LOST]", "final: [LOST, HERE]")) == []


def test_a_new_way_changes_where_a_stamp_must_be() -> None:
    after = changed("arrive: {from: SENT,", "arrive: {from: [SENT, PACKED],")

    assert ("stamp changed", "sent_at in HERE", ("HERE",)) in told(FIRST, after)
    [effect] = [it.effect for it in difference(FIRST, after) if it.what == "stamp changed"]
    assert effect == "required -> optional"


def test_a_rename_is_one_change_and_drops_nothing_yet() -> None:
    both = under_both_names(RENAMED, FIRST.states)

    assert told(FIRST, both) == [("state renamed", "SENT -> ON_THE_WAY", ("SENT",))]
    assert removed_states(FIRST, both) == ()


def test_while_it_is_under_way_nothing_differs() -> None:
    both = under_both_names(RENAMED, FIRST.states)

    assert difference(both, both) == []


def test_the_end_of_a_rename_is_one_change_and_drops_the_old_name() -> None:
    both = under_both_names(RENAMED, FIRST.states)

    assert told(both, RENAMED) == [("old name dropped", "SENT", ("SENT",))]
    assert removed_states(both, RENAMED) == ("SENT",)


def test_a_rename_whose_line_is_gone_is_a_state_that_goes() -> None:
    both = under_both_names(RENAMED, FIRST.states)
    after = parcels.of(parcels.SPEC.replace("SENT", "ON_THE_WAY")).machines[0]

    assert ("state removed", "SENT", ("SENT",)) in told(both, after)


def test_a_rename_that_is_turned_round_goes_back() -> None:
    both = under_both_names(RENAMED, FIRST.states)
    text = parcels.SPEC.replace(
        "{require: [carrier]", "{renamed_from: ON_THE_WAY, require: [carrier]"
    )
    back = under_both_names(parcels.of(text).machines[0], both.states)

    assert removed_states(both, back) == ()
    assert [(t.from_state, t.to_state) for t in back.transitions if t.event[:2] == "in"] == [
        ("ON_THE_WAY", "SENT")
    ]


def test_counts_are_those_of_the_states_under_all_their_names() -> None:
    both = under_both_names(RENAMED, FIRST.states)
    after = under_both_names(
        parcels.renamed(deletion="{from: [ON_THE_WAY]}").machines[0], FIRST.states
    )

    found = counted(
        difference(both, after), {"SENT": 2, "ON_THE_WAY": 3, "LOST": 1, "PACKED": 9}, None, after
    )

    assert [(it.what, it.subject, it.rows) for it in found] == [
        ("deletion added", "ON_THE_WAY", 5),
        ("deletion removed", "LOST", 1),
    ]


def test_a_change_of_all_rows_counts_them_and_those_that_break_it() -> None:
    after = changed("in: [SENT]}", "in: []}")

    [it] = counted(
        difference(FIRST, after), {"SENT": 2, "PACKED": 9}, {"invariant light": 4}, after
    )

    assert it.text == "parcel: invariant changed light; 11 rows, 4 break it; " + (
        "weight < 100 in SENT -> weight < 100"
    )
