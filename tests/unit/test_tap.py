"""What pgTAP files say, and how they are read and told again: no database."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.pgtap import Result, Verdict, find_files, parse, to_junit, to_tap
from pginterlock.pgtap.place import find_sql
from pginterlock.pgtap.script import Echo, ScriptError, Statement, read

P, F, S, T, B = Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED, Verdict.TODO, Verdict.BONUS


@pytest.mark.parametrize(
    ("text", "verdicts", "problem"),
    [
        pytest.param("1..2\nok 1 - a\nok 2 - b", [P, P], None, id="all pass"),
        pytest.param("1..1\nnot ok 1 - a\n# Failed test 1", [F], None, id="a test fails"),
        pytest.param("ok 1\nok 2\n1..2", [P, P], None, id="the plan may come last"),
        pytest.param("1..1\nnot ok 1 - a # TODO later", [T], None, id="a failing TODO"),
        pytest.param("1..1\nnot ok 1 - a # todo", [T], None, id="a TODO without a reason"),
        pytest.param("1..1\nok 1 - a # TODO later", [B], None, id="a passing TODO"),
        pytest.param("1..1\nok 1 # SKIP no need", [S], None, id="a skip"),
        pytest.param("1..1\nnot ok 1 # SKIP no need", [F], None, id="a skip that fails"),
        pytest.param("1..1\nnot ok 1 - a \\# TODO b", [F], None, id="an escaped # is text"),
        pytest.param("1..1\nnot ok 1 - #12 # TODO b", [T], None, id="a bare # before the TODO"),
        pytest.param("1..1\nnot ok 1 - a#todo", [F], None, id="a # inside a word is text"),
        pytest.param("1..1\nnot ok 1 - a # todos", [F], None, id="todos is not TODO"),
        pytest.param("1..0 # SKIP not here", [], None, id="the whole file is skipped"),
        pytest.param("TAP version 13\n1..1\nok", [P], None, id="a test without a number"),
        pytest.param("1..1\r\nok 1\r\n", [P], None, id="lines that end in CR LF"),
        pytest.param("1..1\n    not ok 1 - in\n    1..1\nok 1", [P], None, id="a subtest"),
        pytest.param("42|row\nokay\n1..1\nok 1", [P], None, id="rows of other queries"),
        pytest.param("1..2\nok 1", [P], "planned 2 tests, and ran 1", id="too few"),
        pytest.param("1..1\nok 1\nok 2", [P, P], "planned 1 tests, and ran 2", id="too many"),
        pytest.param("ok 1", [P], "no plan", id="no plan"),
        pytest.param("", [], "no plan", id="nothing at all"),
        pytest.param("1..0", [], "the plan is empty", id="an empty plan"),
        pytest.param("1..1\n1..1\nok 1", [P], "a second plan", id="two plans"),
        pytest.param("ok 1\n1..2\nok 2", [P, P], "in the middle", id="a plan in the middle"),
        pytest.param("1..2\nok 2\nok 2", [P, P], "test 2 came where test 1", id="out of order"),
        pytest.param("1..2\nok 1\nBail out!  no disk", [P], "bailed out: no disk", id="bail out"),
        pytest.param("1..1\nBail out!\nok 1", [], "bailed out", id="nothing counts after it"),
    ],
)
def test_what_a_file_says(text: str, verdicts: list[Verdict], problem: str | None) -> None:
    outcome = parse(text)

    assert [test.verdict for test in outcome.tests] == verdicts
    assert outcome.has_passed == (problem is None and F not in verdicts)
    if problem is None:
        assert outcome.problems == ()
    else:
        assert problem in "\n".join(outcome.problems)


def test_what_a_test_says_stays_with_it() -> None:
    text = "1..2\nnot ok 1 - a\n# have: 1\n# want: 2\nok 2 - b # SKIP not now\n# end"

    failed, skipped = parse(text).tests

    assert failed.lines == ("not ok 1 - a", "# have: 1", "# want: 2")
    assert (skipped.description, skipped.reason) == ("b", "not now")


def test_a_row_may_hold_line_separators_of_unicode() -> None:
    assert [it.verdict for it in parse("1..1\nok 1 - a\u2028not ok 2").tests] == [P]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("select 1; select 2", ["select 1;", "select 2"], id="a semicolon parts"),
        pytest.param("select ';'; x", ["select ';';", "x"], id="not in a string"),
        pytest.param(r"select e'\';'; x", [r"select e'\';';", "x"], id="nor after a backslash"),
        pytest.param('select ";"; x', ['select ";";', "x"], id="nor in an identifier"),
        pytest.param("do $$ a; b $$; x", ["do $$ a; b $$;", "x"], id="nor in a body"),
        pytest.param("do $a$ $$;$$ $a$; x", ["do $a$ $$;$$ $a$;", "x"], id="nor in a tagged one"),
        pytest.param("a$b$; c$b$", ["a$b$;", "c$b$"], id="a dollar in a name opens nothing"),
        pytest.param("a -- x; y\nb; c", ["a \nb;", "c"], id="nor in a comment"),
        pytest.param("a/* /* ; */ ; */b; c", ["a b;", "c"], id="nor in comments in comments"),
        pytest.param("create rule r as (a; b); c", ["create rule r as (a; b);", "c"], id="()"),
        pytest.param(
            "create function f() begin atomic select case when a then b end; c; end; x",
            ["create function f() begin atomic select case when a then b end; c; end;", "x"],
            id="nor in begin atomic",
        ),
        pytest.param("begin; x; end; y", ["begin;", "x;", "end;", "y"], id="a transaction is none"),
        pytest.param("\\set n 'a b'\nselect :'n'", ["select 'a b'"], id="a literal"),
        pytest.param('\\set n a"b\nselect :"n"', ['select "a""b"'], id="an identifier"),
        pytest.param("\\set n 1 2\nselect :n", ["select 12"], id="values are joined"),
        pytest.param("\\set n 1\nx::n, ':n'", ["x::n, ':n'"], id="no variable in a cast or string"),
        pytest.param("\\unset n\nselect :n[1:2]", ["select :n[1:2]"], id="unknown names stay"),
        pytest.param("\\pset format unaligned\nx", ["x"], id="the form that we print anyway"),
        pytest.param("-- only a comment\n", [], id="nothing"),
    ],
)
def test_a_script_is_parted_as_psql_does(tmp_path: Path, text: str, expected: list[str]) -> None:
    file = _write(tmp_path / "a.sql", text)

    assert [it.text.rstrip() for it in read(file, {})] == expected


def test_scripts_include_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / "inner" / "b.sql", "\\ir c.sql\nselect 'b';\n")
    _write(tmp_path / "inner" / "c.sql", "\\set who 'c d'\n\\echo from :who 'x  y'\n")
    _write(tmp_path / "a.sql", "\\i inner/b.sql\n\nselect :'who';")

    found = list(read(tmp_path / "a.sql", {}))

    assert found == [
        Echo("from c d x  y"),
        Statement("select 'b';", f"{Path('inner', 'b.sql')}:2"),
        Statement("select 'c d';", f"{tmp_path / 'a.sql'}:3"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("select 1 \\gset", r"a\.sql:1: \\gset: without psql", id="gset"),
        pytest.param("x;\n\\copy t from 'f'", r"a\.sql:2: \\copy t from 'f'", id="copy"),
        pytest.param("\\pset format html", r"\\pset format html", id="another form"),
        pytest.param("\\ir gone.sql", r"a\.sql:1: .*gone\.sql: no such file", id="no such file"),
        pytest.param("\\ir a.sql", "include each other without an end", id="itself"),
    ],
)
def test_what_the_reader_does_not_know_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = _write(tmp_path / "a.sql", text)

    with pytest.raises(ScriptError, match=message):
        list(read(file, {}))


def test_files_are_found_in_order_and_fixtures_are_none(tmp_path: Path) -> None:
    for name in ("b.sql", "a.sql", "sub/c.sql", "fixtures/d.sql", "sub/fixtures/e.sql", "f.txt"):
        _write(tmp_path / name, "")

    found = find_files([tmp_path, tmp_path / "a.sql", tmp_path / "fixtures" / "d.sql"])

    assert [str(it.relative_to(tmp_path)) for it in found] == [
        "a.sql", "b.sql", "sub/c.sql", "fixtures/d.sql",
    ]  # fmt: skip


def test_a_folder_named_fixtures_above_hides_nothing(tmp_path: Path) -> None:
    _write(tmp_path / "fixtures" / "mine" / "a.sql", "")

    assert len(find_files([tmp_path / "fixtures" / "mine"])) == 1


@pytest.mark.parametrize("name", ["gone", "empty"])
def test_no_file_is_wrong_usage(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(UsageError, match=name):
        find_files([tmp_path / name])


def test_the_named_sql_goes_before_the_fetched(tmp_path: Path) -> None:
    fetched = _write(tmp_path / ".cache" / "pgtap" / "pgtap.sql", "")
    named = _write(tmp_path / "mine.sql", "")

    assert find_sql(tmp_path, {}) == fetched
    assert find_sql(tmp_path, {"INTERLOCK_PGTAP_SQL": str(named)}) == named
    assert find_sql(tmp_path / "elsewhere", {}) is None
    with pytest.raises(EnvironmentFault, match="no such file"):
        find_sql(tmp_path, {"INTERLOCK_PGTAP_SQL": str(tmp_path / "gone.sql")})


def test_tap_of_several_files_is_tap_again() -> None:
    good = _result("good#1.sql", "1..1\nok 1 - a")
    bad = _result("bad.sql", "1..2\nnot ok 1 - b\n# have: 1")

    text = to_tap([good, bad])
    again = parse(text)

    assert [it.verdict for it in again.tests] == [P, F]
    assert [it.description for it in again.tests] == ["good#1.sql", "bad.sql"]
    assert "    # have: 1\n    1..2\nnot ok 2 - bad.sql\n# planned 2 tests, and ran 1\n" in text


def test_tap_tells_of_a_bail_out() -> None:
    text = to_tap([_result("a.sql", "1..1\nBail out!  no disk")], not_run=["b.sql"])

    assert parse(text).bail_out == "a.sql: no disk"


def test_junit_counts_what_it_lists() -> None:
    everything = "1..5\nok 1 - a\nnot ok 2 - <b>\nok 3 # SKIP s\nnot ok 4 # TODO t\nok 5 # TODO u"
    broken = _result("broken.sql", "1..2\nok 1 - \x01", error="ERROR: division by zero")

    root = ElementTree.fromstring(  # noqa: S314 - our own
        to_junit([_result("all.sql", everything), broken], not_run=["late.sql"])
    )

    counts = {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "8", "failures": "1", "errors": "1", "skipped": "3"}
    assert [suite.get("name") for suite in root] == ["all.sql", "broken.sql", "late.sql"]
    failure, error = root.find(".//failure"), root.find(".//error")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("<b>", "not ok 2 - <b>")
    assert error is not None
    assert error.get("message") == "ERROR: division by zero"
    assert error.text == "ERROR: division by zero\nended after 1 of 2 tests"


def _result(name: str, text: str, *, error: str | None = None) -> Result:
    return Result(Path(name), parse(text), error, 0.5)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
