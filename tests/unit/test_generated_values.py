"""Values for generated rows: of a type, by number, near a literal, as long as a column takes."""

import pytest

from pginterlock.generate import values


@pytest.mark.parametrize(
    ("base_type", "number", "expected"),
    [
        ("bigint", 7, "7"),
        ("numeric(1)", 12, "3"),
        ("numeric(0)", 12, "0"),
        ("text", 7, "x7"),
        ("character varying(4)", 5012, "5012"),
        ("character(2)", 5012, "12"),
        ("date", 31, "2026-02-01"),
        ("timestamp with time zone", 1, "2026-01-02 12:00+00"),
        ("time without time zone", 1, "12:00"),
        ("uuid", 3, "00000000-0000-0000-0000-000000000003"),
        ("integer[]", 3, "{}"),
        ("tsvector", 3, None),
    ],
)
def test_the_same_number_gives_the_same_value(
    base_type: str, number: int, expected: str | None
) -> None:
    assert values.sample(base_type, number) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10", ["11", "9"]),
        ("2.5", ["3.5", "1.5"]),
        ("2026-01-31", ["2026-02-01", "2026-01-30"]),
        ("2026-01-01 12:00+00", ["2026-01-02 12:00+00", "2025-12-31 12:00+00"]),
        ("23:30", ["00:30", "22:30"]),
        ("9999-12-31", []),
        ("NaN", []),
        ("word", []),
    ],
)
def test_a_literal_has_neighbours(value: str, expected: list[str]) -> None:
    assert values.around(value) == expected


def test_the_literals_of_a_condition_are_found_in_their_order() -> None:
    told = "total >= 10 and kind in ('a', 'b''c') and x1 < 2.5 and day > '2026-01-01'"

    assert values.constants(told) == ["10", "a", "b'c", "2.5", "2026-01-01"]


@pytest.mark.parametrize(
    ("value", "base_type", "expected"),
    [
        ("10", "integer", True),
        ("2.5", "integer", False),
        ("2.5", "numeric", True),
        ("10:00", "numeric", False),
        ("10:00", "time without time zone", True),
        ("10:00", "timestamp with time zone", False),
        ("2026-01-01", "date", True),
        ("2026-01-01", "numeric", False),
        ("true", "boolean", True),
        ("10", "boolean", False),
        ("anything", "text", True),
        ("anything", "uuid", False),
    ],
)
def test_a_literal_is_only_tried_where_it_can_be_read(
    value: str, base_type: str, expected: bool
) -> None:
    assert values.fits(value, base_type) is expected
