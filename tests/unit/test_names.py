"""Names: quoted so that nothing gets out, cut so that PostgreSQL never cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock.names import MAX_BYTES, array, cut, dollar, field, ident, literal

printable = st.text(
    st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1
)


@given(name=printable)
def test_a_cut_name_fits(name: str) -> None:
    assert len(cut(name).encode()) <= MAX_BYTES


@given(one=printable, other=printable)
def test_two_long_names_stay_apart(one: str, other: str) -> None:
    head = "x" * 70

    assert (cut(head + one) == cut(head + other)) == (one == other)


def test_a_short_name_is_left_alone() -> None:
    assert cut("booking") == "booking"


@given(body=printable)
def test_a_body_cannot_end_its_own_quotes(body: str) -> None:
    quoted = dollar(body)
    tag = quoted[: quoted.index("$", 1) + 1]

    assert tag not in quoted[len(tag) : -len(tag)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("status", "new.status", id="plain"),
        pytest.param("select", "new.select", id="any word may follow a dot"),
        pytest.param("Status", 'new."Status"', id="mixed case"),
        pytest.param('a"b', 'new."a""b"', id="a quote in it"),
        pytest.param("größe", 'new."größe"', id="not ASCII"),
    ],
)
def test_fields(name: str, expected: str) -> None:
    assert field("new", name) == expected


def test_identifiers_are_quoted() -> None:
    assert ident('a"b') == '"a""b"'


def test_literals_do_not_depend_on_a_setting() -> None:
    assert literal("it's") == "'it''s'"
    assert literal("back\\slash") == r"E'back\\slash'"


def test_arrays_have_a_type_even_when_empty() -> None:
    assert array(("a", "b'c")) == "array['a', 'b''c']::pg_catalog.text[]"
    assert array(()) == "'{}'"
