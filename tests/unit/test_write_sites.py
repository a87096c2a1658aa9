"""Where a statement comes from: tags whole, broken, cut; and shapes."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock.write_sites import shape, site_of, tags

TAGGED = (
    "update t set a = 1 /*action='confirm',controller='bookings',framework='django%3A5.2',"
    "route='%5Ebookings/%3Cint%3Aid%3E/confirm%24',traceparent='00-5bd-01',tracestate='x%3D1'*/"
)


def test_tags_are_decoded_and_those_of_one_call_left_out_of_the_site() -> None:
    assert tags(TAGGED)["route"] == "^bookings/<int:id>/confirm$"
    assert tags(TAGGED)["traceparent"] == "00-5bd-01"
    assert site_of(TAGGED, "web").label == (
        "route=^bookings/<int:id>/confirm$ controller=bookings action=confirm framework=django:5.2"
    )


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param("update t set a = 1", {}, id="no comment"),
        pytest.param("update t set a = 1 /* by hand */", {}, id="another comment"),
        pytest.param("update t set a = 1 /*a='1'*/;", {"a": "1"}, id="semicolon"),
        pytest.param("update t set a = 1 /*a='1'*/ ;\n", {"a": "1"}, id="newline"),
        pytest.param("update t set a = 1 /*a='1', b='2'*/", {"a": "1", "b": "2"}, id="blank"),
        pytest.param("update t set a = 1 /*a='1',*/", {"a": "1"}, id="comma at the end"),
        pytest.param("/*x='9'*/ update t set a = 1 /*a='1'*/", {"a": "1"}, id="the last one"),
        pytest.param("update t /*x='9'*/ set a = 1", {}, id="not at the end"),
        pytest.param("update t set a = 1 /*a='1'*/ /* hint */", {"a": "1"}, id="before another"),
        pytest.param("update t set a = 1 /*a='1'*/ /*b='2'*/", {"b": "2"}, id="two"),
        pytest.param(r"update t set a = 1 /*a='it\'s'*/", {"a": "it's"}, id="escaped quote"),
        pytest.param("update t set a = 1 /*a='it%27s'*/", {"a": "it's"}, id="encoded quote"),
        pytest.param("update t set a = 1 /*a='1',b*/", {}, id="a pair without value"),
        pytest.param("update t set a = 1 /*a='1*/", {}, id="an open quote"),
        pytest.param("update t set a = 1 /*a=1*/", {}, id="no quotes"),
        pytest.param("a='1'*/", {}, id="no beginning"),
        pytest.param("update t set a = '/*a=''1''*/'", {}, id="inside a value"),
        pytest.param("insert into t ... lues (1) /*a='1'*/", {"a": "1"}, id="cut before"),
        pytest.param("insert into t /*x='1' ... d',b='2',c='3'*/", {"b": "2", "c": "3"}, id="cut"),
        pytest.param("insert into t /*x= ... b='2'*/", {"b": "2"}, id="cut between two"),
        pytest.param("insert into t /*x= ... nothing*/", {}, id="cut to nothing"),
        pytest.param("", {}, id="empty"),
        pytest.param("*/", {}, id="an end alone"),
    ],
)
def test_tags(statement: str, expected: dict[str, str]) -> None:
    assert tags(statement) == expected


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.dictionaries(words, st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_what_was_written_by_the_rules_is_read_back(written: dict[str, str]) -> None:
    body = ",".join(
        f"{quote(name, safe='')}='{quote(value, safe='')}'" for name, value in written.items()
    )

    assert tags(f"update t set a = 1 /*{body}*/") == written


@given(st.text(max_size=80))
def test_nothing_makes_it_stumble(text: str) -> None:
    tags(text)
    tags(f"{text}*/")
    assert "\n" not in shape(text)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("update t set a = 'x', b = 4.5 where id = 17;", "update t set a = ?, b = ? where id = ?"),
        ("update t set a = 'it''s' where id = $1", "update t set a = ? where id = ?"),
        ("update t set a = %s where id = %(id)s", "update t set a = ? where id = ?"),
        ("update t set a = E'it\\'s' where b = $x$ '1' $x$", "update t set a = ? where b = ?"),
        ("update  t\n  set a1 = 1 -- why\n/* so */", "update t set a1 = ?"),
        ("insert into t2 values (1, 'a'), (2,'b'),\n(3, 'c')", "insert into t2 values (?)"),
        ("delete from t where id in (1, 2, 3)", "delete from t where id in (?)"),
        ("select 'open", "select ?"),
        ("update t set a = 1e-5 where b = x'1f'", "update t set a = ? where b = ?"),
    ],
)
def test_shape(statement: str, expected: str) -> None:
    assert shape(statement) == expected


def test_a_long_shape_is_cut() -> None:
    assert len(shape("select " + "a, " * 1000)) < 210


def test_without_tags_a_site_is_known_by_application_and_shape() -> None:
    first, second = (site_of(f"update t set a = 1 where id = {n}", "worker") for n in (1, 2))

    assert first == second
    assert first.label == "worker: update t set a = ? where id = ?"
    assert site_of("update t set a = 1 where id = 1", "web") != first
    assert site_of("update t set a = 1 /*traceparent='1'*/", "web").label == (
        "web: update t set a = ?"
    )
