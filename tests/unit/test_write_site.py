"""Where a statement comes from: its tags, however they are written, else its shape."""

import pytest

from pginterlock import write_site

SITES = [
    pytest.param(
        "update t set a = 1 /*controller='booking',action='check%20in'*/",
        "/*controller='booking',action='check%20in'*/",
        "booking check in",
        id="tags at the end",
    ),
    pytest.param(
        "select 1 /*route='/a/b',traceparent='00-5bd-01',file='x.py:3'*/;\n",
        "/*route='/a/b',file='x.py:3'*/",
        "/a/b x.py:3",
        id="what differs each time is left out",
    ),
    pytest.param(
        "insert into t values (1, 'a'), (2, 'it''s') ... b') /*action='copy'*/",
        "/*action='copy'*/",
        "copy",
        id="a long statement keeps its tail",
    ),
    pytest.param(
        "/*action='not at the end'*/ update t set a = 'x' where id = 42",
        "update t set a = ? where id = ?",
        "update t set a = ? where id = ?",
        id="a comment that is not at the end",
    ),
    pytest.param(
        "update t set a = $1 where id in ($2, $3, 4) /* a remark */",
        "update t set a = ? where id in (?)",
        "update t set a = ? where id in (?)",
        id="a remark is no tag",
    ),
    pytest.param(
        "insert into t1 values (1, 'a'),\n  (2.5, 'it''s')",
        "insert into t1 values (?)",
        "insert into t1 values (?)",
        id="rows of values are one shape",
    ),
    pytest.param("", "", "(no statement)", id="no statement"),
    pytest.param("select 1 /*traceparent='x'*/", "select ?", "select ?", id="only a trace"),
]


@pytest.mark.parametrize(("statement", "site", "label"), SITES)
def test_the_site_of_a_statement(statement: str, site: str, label: str) -> None:
    assert (write_site.of_statement(statement), write_site.label(site)) == (site, label)


def test_tags_are_decoded() -> None:
    told = write_site.tags("/*action='it%27s',db%20driver='psycopg\\'3'*/")

    assert told == {"action": "it's", "db driver": "psycopg'3"}


def test_what_is_broken_in_tags_is_left_out() -> None:
    assert write_site.tags("/*action='go',broken=,file='x'*/") == {"action": "go"}


def test_a_long_shape_is_cut() -> None:
    assert len(write_site.label("select " + "a" * 150)) == 100
