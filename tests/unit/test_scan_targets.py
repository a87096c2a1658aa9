"""What is looked for: the watched columns of a machine, models by name, names in code."""

import pytest
from tests.servers import ROOT

from pginterlock import spec
from pginterlock.scan.site import Target
from pginterlock.scan.targets import code_names, named_targets, targets_of, watched


def test_the_state_comes_first_then_stamps_then_what_states_ask_for() -> None:
    [machine] = spec.load(ROOT / "examples" / "hotel" / "interlock.yaml").machines

    assert watched(machine) == (
        "status", "checked_in_at", "checked_out_at", "cancelled_at", "assigned_room_id",
    )  # fmt: skip
    [found] = targets_of([machine])
    assert found == Target(
        watched(machine),
        table="hotel.room_booking",
        machine="booking",
        states=machine.states,
    )


def test_models_that_are_named_keep_their_columns_together() -> None:
    asked = [("Order", ["status"]), ("shop.Line", ["state", "sent_at"]), ("Order", ["paid_at"])]

    assert named_targets(asked) == [
        Target(("status", "paid_at"), model="Order"),
        Target(("state", "sent_at"), model="shop.Line"),
    ]


@pytest.mark.parametrize(
    ("column", "names"),
    [
        ("assigned_room_id", ("assigned_room_id", "assigned_room")),
        ("assigned_room", ("assigned_room", "assigned_room_id")),
        ("_id", ("_id", "_id_id")),
    ],
)
def test_a_foreign_key_has_two_names_in_code(column: str, names: tuple[str, ...]) -> None:
    assert code_names(column) == names
