"""`renamed_from` in a spec: read, and told with its position where it cannot be."""

import pytest
from tests import version_parcels as parcels

from pginterlock.elements import Rename
from pginterlock.errors import SpecError


def test_a_rename_is_read() -> None:
    assert parcels.renamed().machines[0].renames == (Rename("ON_THE_WAY", "SENT"),)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param(
            "SENT: {renamed_from: PACKED}",
            "'PACKED' is a state of this machine still",
            id="a state",
        ),
        pytest.param(
            "SENT: {renamed_from: SENT}", "'SENT' is a state of this machine still", id="itself"
        ),
        pytest.param("SENT: {renamed_from: ' '}", "a state needs a name", id="a blank"),
        pytest.param("SENT: {renamed_from: [A]}", "must be text", id="a list"),
        pytest.param(
            "SENT: {renamed_from: GONE}\n      HERE: {renamed_from: GONE}",
            "'GONE' is what SENT was called already",
            id="one name of two states",
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_place(line: str, told: str) -> None:
    text = parcels.SPEC.replace("SENT: {require: [carrier], freeze: [weight]}", line)

    with pytest.raises(SpecError) as refusal:
        parcels.of(text)

    [problem] = refusal.value.problems
    assert problem.startswith(f"spec.yaml:{17 if 'HERE' in line else 16}:")
    assert told in problem


def test_an_event_of_ours_is_nobody_elses() -> None:
    text = parcels.SPEC.replace("arrive: {from", "'interlock:rename': {from")

    with pytest.raises(SpecError, match="events that begin with 'interlock:' are ours"):
        parcels.of(text)
