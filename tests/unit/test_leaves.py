"""What of an entry is hashed, and what apart."""

import pytest

from pginterlock import spec
from pginterlock.compiler.leaves import (
    Column,
    Relation,
    apart,
    erasable_columns,
    erased_text,
    leaf,
)
from pginterlock.errors import SpecError

THERE = ("actor", "application_name", "id", "new_actor", "new_x", "old_actor", "old_x", "reason")


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        ([], ("reason",)),
        (["x"], ("new_x", "old_x", "reason")),
        (["application_name"], ("application_name", "reason")),
        (["actor"], ("actor", "new_actor", "old_actor", "reason")),
        (["id", "new_x"], ("reason",)),
    ],
)
def test_names_of_the_spec_become_columns(asked: list[str], columns: tuple[str, ...]) -> None:
    assert erasable_columns(asked, THERE) == columns


def test_more_columns_than_a_function_takes_are_hashed() -> None:
    columns = tuple(Column(f"c{n:03}", "text", is_not_null=True) for n in range(150))
    text = leaf(Relation("x_audit", "x", columns), (), "c")

    assert text.count("concat(") == 8
    assert all(f"'4:c{n:03}'" in text for n in range(150))


def test_columns_stand_in_the_order_of_their_names() -> None:
    columns = (Column("é", "text", is_not_null=False), Column("b", "bigint", is_not_null=True))
    text = apart(Relation("x_audit", "x", columns), ("b", "é"))

    assert text == (
        "(concat('1:b', a.\"b\"::text, ';', '1:é' || length(a.\"é\") || ':' || a.\"é\"))"
    )


def test_what_cannot_be_null_is_a_word_once_erased() -> None:
    assert erased_text(("actor", "statement")) == "'9:statement8:(erased)'"
    assert erased_text(("actor",)) == "''"


@pytest.mark.parametrize(
    ("erasable", "told"),
    [
        ("[prise]", "'prise' is none of audit.columns"),
        ("[actr]", "did you mean 'actor'?"),
        ("[price, price]", "is there twice"),
        ("[statement]", "none of audit.columns"),
    ],
)
def test_an_unknown_name_is_told_with_its_place(erasable: str, told: str) -> None:
    text = (
        "interlock: 1\nmachines:\n  m:\n    table: t\n    state: s\n    initial: A\n"
        "    transitions: {go: {from: A, to: B}}\n"
        f"    audit:\n      columns: [price]\n      erasable: {erasable}\n"
    )

    with pytest.raises(SpecError) as error:
        spec.parse(text, "x.yaml")
    assert any(it.startswith("x.yaml:10:") and told in it for it in error.value.problems)
