"""Filling templates: what is quoted, what is left alone, what is refused."""

import pytest

from pginterlock.errors import TemplateError
from pginterlock.template import fill


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param('drop table :"x"', 'drop table "we""ird"', id="identifier is quoted"),
        pytest.param("select :'x'", "select 'we\"ird'", id="literal is quoted"),
        pytest.param("where :x", 'where we"ird', id="fragment goes in as it is"),
        pytest.param("select ':x'", "select ':x'", id="string is left alone"),
        pytest.param("do $$ :x $$", "do $$ :x $$", id="dollar body is left alone"),
        pytest.param("-- :x\n:x", '-- :x\nwe"ird', id="comment is left alone"),
        pytest.param("select 1::int", "select 1::int", id="cast is not a slot"),
    ],
)
def test_slots(template: str, expected: str) -> None:
    assert fill(template, {"x": 'we"ird'}) == expected


def test_unfilled_slot_is_an_error() -> None:
    with pytest.raises(TemplateError, match="slot 'table'"):
        fill('drop table :"table"', {})
