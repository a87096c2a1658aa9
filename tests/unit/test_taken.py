"""What a server says of a claim: machine, claim and rows are read out of it, and no more."""

import pytest

from pginterlock.errors import ClaimTaken
from pginterlock.refused import read

NAME = "interlock_booking_claim_room"
EXCLUDED = (
    "Key (hotel, room, daterange(a, b), id)=(1, 7, [2026-01-01,2026-01-03), 9) conflicts with"
    " existing key (hotel, room, daterange(a, b), id)=(1, 7, [2026-01-02,2026-01-05), 4)."
)


def fields(**given: str) -> dict[str, str]:
    return {"sqlstate": "23P01", "constraint": NAME, "message": "conflicting key value", **given}


def test_an_exclusion_names_both_rows() -> None:
    found = read(EXCLUDED, fields())

    assert isinstance(found, ClaimTaken)
    assert (found.machine, found.claim, found.rule) == ("booking", "room", "claim")
    assert found.wanted["id"] == "9"
    assert found.holder == {
        "hotel": "1",
        "room": "7",
        "daterange(a, b)": "[2026-01-02,2026-01-05)",
        "id": "4",
    }


def test_a_unique_index_names_the_resource() -> None:
    found = read("Key (desk)=(3) already exists.", fields(sqlstate="23505"))

    assert isinstance(found, ClaimTaken)
    assert (found.wanted, found.holder) == ({"desk": "3"}, {})


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param("", id="no right to read the columns"),
        pytest.param("Schlüssel vergeben.", id="other words"),
        pytest.param("Key (a, b)=(x, y, z) already exists.", id="a text with a comma in it"),
    ],
)
def test_what_cannot_be_told_is_left_out(detail: str) -> None:
    found = read(detail, fields())

    assert isinstance(found, ClaimTaken)
    assert (found.wanted, found.holder) == ({}, {})


def test_another_language_is_read_as_well() -> None:
    told = EXCLUDED.replace("Key", "Schlüssel").replace("conflicts with existing key", "kollidiert")

    found = read(told, fields())

    assert isinstance(found, ClaimTaken)
    assert found.holder["id"] == "4"


def test_a_log_without_sqlstate_and_constraint_is_told_by_its_message() -> None:
    message = f'conflicting key value violates exclusion constraint "{NAME}"'

    found = read(EXCLUDED, {"message": message})

    assert isinstance(found, ClaimTaken)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"constraint": "room_booking_pk"}, id="a key of somebody else"),
        pytest.param({"constraint": "interlock_booking_row"}, id="a constraint that is no claim"),
        pytest.param({"sqlstate": "23514"}, id="another SQLSTATE"),
    ],
)
def test_what_is_no_claim_is_none(other: dict[str, str]) -> None:
    assert read(EXCLUDED, fields(**other)) is None
