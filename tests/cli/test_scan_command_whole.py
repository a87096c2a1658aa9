"""`interlock scan` as a whole on the hotel: what the engine finds, in each format."""

import json
import os
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from tests.cli.test_lint_command import SARIF
from tests.scan_sites import BEFORE, seventeen
from tests.servers import ROOT

from pginterlock.commands import interlock
from pginterlock.errors import UsageError
from pginterlock.scan.site import Transaction

HOTEL = os.path.relpath(BEFORE, ROOT)
SPEC = "examples/hotel/interlock.yaml"


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands name the hotel as someone in the repository does."""
    monkeypatch.chdir(ROOT)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(interlock, ["scan", *arguments])


def scanned(form: str, *more: str) -> str:
    result = run(HOTEL, "--spec", SPEC, "--no-cache", "--format", form, *more)
    assert result.exit_code == 0, result.output
    return result.stdout


PLACES = [(it.file, it.line) for it in seventeen()]
# Where something is to be done: the services open a transaction and are as they should be.
UNPROTECTED = {(it.file, it.line) for it in seventeen() if it.transaction is Transaction.NO}


def test_text_names_each_place() -> None:
    told = scanned("text")

    assert [place for place in PLACES if f"{place[0]}:{place[1]}" not in told] == []
    assert "17" in told


def test_markdown_has_a_block_for_each_place() -> None:
    told = scanned("markdown")

    headers = [line for line in told.split("\n") if line.startswith("# File: ")]
    assert sorted(headers) == sorted(f"# File: {file}:{line}" for file, line in PLACES)
    assert told.count("# Transaction: none") == 11
    assert "- 17 production write sites" in told


def test_the_spec_is_found_where_nobody_names_it() -> None:
    """The spec lies beside the folder: the report is that of the command line in the guide."""
    done = run("examples/hotel/before", "--format", "markdown", "--no-cache")

    assert done.exit_code == 0
    assert done.stdout == scanned("markdown")
    assert "| **TOTALS** | **10** | **3** | **4** | **17** | **in part** |" in done.stdout


def test_json_holds_the_sites() -> None:
    sites = json.loads(scanned("json"))["sites"]

    assert [(it["file"], it["line"]) for it in sites] == PLACES
    assert [it["field"] for it in sites] == [it.field for it in seventeen()]


def test_sarif_is_sarif() -> None:
    log = json.loads(scanned("sarif"))

    jsonschema.Draft202012Validator(SARIF).validate(log)
    places = {
        (at["artifactLocation"]["uri"], at["region"]["startLine"])
        for it in log["runs"][0]["results"]
        for at in (it["locations"][0]["physicalLocation"],)
    }
    assert places == UNPROTECTED


def test_github_annotates_what_is_to_be_done() -> None:
    told = scanned("github")

    assert {p for p in PLACES if f"file={p[0]},line={p[1]}," in told} == UNPROTECTED


def test_html_has_an_article_for_each_place() -> None:
    told = scanned("html")

    assert told.count("<article>") == 17


def test_the_same_from_the_cache_and_with_a_model_by_its_name(tmp_path: Path) -> None:
    more = ["--cache-dir", str(tmp_path / "kept"), "--format", "json"]

    first, second = run(HOTEL, "--spec", SPEC, *more), run(HOTEL, "--spec", SPEC, *more)
    by_name = run(HOTEL, "--model", "RoomBooking", "--column", "status", *more)

    assert first.exit_code == second.exit_code == by_name.exit_code == 0
    assert first.stdout == second.stdout
    sites = json.loads(by_name.stdout)["sites"]
    status = {(it.file, it.line) for it in seventeen() if it.field == "status"}
    assert status < {(it["file"], it["line"]) for it in sites}
    assert len(sites) == 11  # the status that the desk's check-out writes beside its time, too


def test_it_fails_on_what_is_unprotected() -> None:
    assert run(HOTEL, "--spec", SPEC, "--no-cache", "--fail-on", "unprotected").exit_code == 1
    protected = f"{HOTEL}/checkout.py"
    assert run(protected, "--spec", SPEC, "--no-cache", "--fail-on", "unprotected").exit_code == 0


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text('print "status"\n')
    result = run(str(tmp_path), "--spec", SPEC, "--no-cache")

    assert result.exit_code == 2
    assert f"{tmp_path / 'old.py'}:1: " in result.stdout


def test_a_model_that_is_not_there() -> None:
    result = run(HOTEL, "--model", "Bookin", "--column", "status", "--no-cache")

    assert isinstance(result.exception, UsageError)
    assert "no class 'Bookin'" in result.exception.message
