"""`interlock lint`: text, JSON, SARIF, annotations, JUnit, exit codes, where the spec is found."""

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import jsonschema
import pytest
from click.testing import CliRunner, Result

from pginterlock.commands import interlock
from pginterlock.errors import InterlockError, SpecError, UsageError
from pginterlock.lint.rules import RULES

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "lint"
SOUND, FOUND, UNREADABLE = 0, 1, 2
SPEC = """\
interlock: 1
machines:
  booking:
    table: booking
    state: status
    mode: enforce
    initial: [NEW]
    final: [DONE]
    transitions: {finish: {from: NEW, to: DONE}}
"""
DROP = "alter table booking drop column status;\n"
REWRITE = "vacuum full booking;\n"
# The parts that SARIF 2.1.0 requires of what is written here, and what it allows there.
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "$schema": {"type": "string", "format": "uri"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "items": {"$ref": "#/$defs/rule"},
                                        "uniqueItems": True,
                                    }
                                },
                            }
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                    "invocations": {"items": {"required": ["executionSuccessful"]}},
                },
            },
        },
    },
    "$defs": {
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": {"type": "object", "required": ["text"]},
        "rule": {
            "required": ["id"],
            "properties": {
                "shortDescription": {"$ref": "#/$defs/message"},
                "defaultConfiguration": {"properties": {"level": {"$ref": "#/$defs/level"}}},
            },
        },
        "result": {
            "type": "object",
            "required": ["message", "ruleId", "locations"],
            "properties": {
                "message": {"$ref": "#/$defs/message"},
                "level": {"$ref": "#/$defs/level"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "suppressions": {
                    "type": "array",
                    "items": {
                        "required": ["kind"],
                        "properties": {"kind": {"enum": ["inSource", "external"]}},
                    },
                },
                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                "locations": {
                    "minItems": 1,
                    "items": {
                        "required": ["physicalLocation"],
                        "properties": {
                            "physicalLocation": {
                                "required": ["artifactLocation", "region"],
                                "properties": {
                                    "artifactLocation": {
                                        "properties": {"uri": {"pattern": "^[^ ]+$"}}
                                    },
                                    "region": {
                                        "properties": {
                                            "startLine": {"type": "integer", "minimum": 1},
                                            "startColumn": {"type": "integer", "minimum": 1},
                                        }
                                    },
                                },
                            }
                        },
                    },
                },
            },
        },
    },
}


def run(*words: str) -> Result:
    """Run the command line; errors of ours are raised, as `__main__` sees them."""
    result = CliRunner().invoke(interlock, ["lint", *words])
    if isinstance(result.exception, InterlockError):
        raise result.exception
    assert isinstance(result.exception, SystemExit | None)
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec, which is where the command is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "interlock.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def test_a_finding_has_place_rule_and_remedy(folder: Path) -> None:
    (folder / "m.sql").write_text(f"-- a release\n{DROP}", encoding="utf-8")

    result = run("m.sql")

    assert result.exit_code == FOUND
    assert result.stdout == (
        "m.sql:2:33: error: drops column status of public.booking, the state of machine booking"
        " [lint-drop-column]\n"
        "    Take the column out of the spec and apply that first; drop it in a later migration\n"
        "1 found in 1 migration, held against booking\n"
    )


def test_a_sound_migration_is_praised(folder: Path) -> None:
    (folder / "m.sql").write_text("alter table booking add column note text", encoding="utf-8")

    result = run("m.sql")

    assert (result.exit_code, result.stdout) == (
        SOUND,
        "No error in 1 migration, held against booking\n",
    )


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        pytest.param(REWRITE, (), SOUND, id="warnings alone pass"),
        pytest.param(REWRITE, ("--fail-on", "any"), FOUND, id="unless any is asked for"),
        pytest.param(REWRITE, ("--fail-on", "lint-rewrite"), FOUND, id="or their rule"),
        pytest.param(DROP, ("--fail-on", "lint-rewrite"), SOUND, id="one rule alone counts then"),
        pytest.param(DROP, ("--fail-on", "lint-rewrite", "--fail-on", "error"), FOUND, id="or two"),
    ],
)
def test_what_makes_it_fail_can_be_chosen(
    folder: Path, text: str, words: tuple[str, ...], code: int
) -> None:
    (folder / "m.sql").write_text(text, encoding="utf-8")

    assert run("m.sql", *words).exit_code == code


def test_a_comment_with_a_reason_accepts_a_finding(folder: Path) -> None:
    (folder / "m.sql").write_text(f"-- interlock: ok nobody reads it\n{DROP}", encoding="utf-8")

    result = run("m.sql", "--format", "json")

    told = json.loads(result.stdout)
    assert result.exit_code == SOUND
    assert (told["findings"], told["errors"]) == ([], 0)
    assert [(it["code"], it["reason"]) for it in told["accepted"]] == [
        ("lint-drop-column", "nobody reads it")
    ]


def test_a_comment_without_a_reason_accepts_nothing(folder: Path) -> None:
    (folder / "m.sql").write_text(f"{DROP.rstrip()} -- interlock: ok\n", encoding="utf-8")

    codes = {it["code"] for it in json.loads(run("m.sql", "--format", "json").stdout)["findings"]}

    assert codes == {"lint-drop-column", "lint-suppression"}


def test_a_statement_that_does_not_parse_is_told_and_the_rest_is_judged(folder: Path) -> None:
    (folder / "m.sql").write_text(f"select 1;\nalter tabel booking x;\n{DROP}", encoding="utf-8")

    result = run("m.sql")

    assert result.exit_code == UNREADABLE
    assert "m.sql:2:7: syntax error at or near" in result.stdout
    assert "m.sql:3:33: error: drops column status" in result.stdout


@pytest.mark.parametrize(
    ("name", "raw", "told"),
    [
        ("m.py", b"def upgrade(:\n", "m.py:1:13: not Python: invalid syntax"),
        ("m.py", b"x = 1\n\0", "m.py:1:1: not Python"),
        ("m.py", b"# coding: nonsense\n", "m.py:1:1: "),
        ("m.sql", b"select 1;\n-- \xff", "m.sql:2:1: not UTF-8 text"),
        ("m.py", b"x = " + b"(" * 5000 + b")" * 5000, "m.py:1:"),
        ("m.sql", b"select '", "m.sql:1:8: unterminated quoted string"),
        ("m.sql", b"select " + b"(" * 20_000 + b"1", "m.sql:1:"),
    ],
    ids=["python", "null byte", "coding", "bytes", "deep python", "open quote", "deep sql"],
)
def test_a_file_that_cannot_be_read_is_told_with_its_place(
    folder: Path, name: str, raw: bytes, told: str
) -> None:
    (folder / name).write_bytes(raw)

    result = run(name)

    assert result.exit_code == UNREADABLE
    assert told in result.stdout
    assert "[unreadable]" in result.stdout


def test_the_spec_nearest_to_each_file_counts(folder: Path) -> None:
    for name, table in (("a", "booking"), ("b", "parcel")):
        (folder / name / "sql").mkdir(parents=True)
        (folder / name / "sql" / "m.sql").write_text(DROP, encoding="utf-8")
        (folder / name / "spec.yaml").write_text(
            SPEC.replace("table: booking", f"table: {table}"), encoding="utf-8"
        )
        (folder / name / "pyproject.toml").write_text(
            '[tool.interlock]\nspec = "spec.yaml"\n', encoding="utf-8"
        )

    assert run("a/sql/m.sql").exit_code == FOUND
    assert run("b").exit_code == SOUND
    assert run("b", "--spec", "interlock.yaml").exit_code == FOUND


def test_without_a_spec_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.sql").write_text(DROP, encoding="utf-8")

    with pytest.raises(SpecError, match=r"no spec at interlock\.yaml") as refusal:
        run("m.sql")

    assert refusal.value.exit_code == UNREADABLE


def test_what_is_no_migration_is_refused_or_passed_over(folder: Path) -> None:
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    (folder / "helper.py").write_text("def tidy(): pass\n", encoding="utf-8")
    (folder / "empty").mkdir()

    assert "helper.py: no migration, passed over" in run("helper.py").stdout
    with pytest.raises(UsageError, match=r"notes\.txt is no migration"):
        run("notes.txt")
    with pytest.raises(UsageError, match=r"no \.py or \.sql file in empty"):
        run("empty")
    with pytest.raises(UsageError, match="--fail-on lint-dorp: no such rule"):
        run("helper.py", "--fail-on", "lint-dorp")


def test_the_samples_run_from_the_root_as_sarif(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names = [f"tests/lint/{it.name}" for it in sorted(SAMPLES.glob("*.py"))]

    result = run(*names, "--format", "sarif")

    log = json.loads(result.stdout)
    jsonschema.validate(log, SARIF)
    [scan] = log["runs"]
    files = {
        it["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for it in scan["results"]
        if "suppressions" not in it
    }
    assert result.exit_code == FOUND
    assert files == {name for name in names if "planted" in name}
    assert [it["id"] for it in scan["tool"]["driver"]["rules"]] == list(RULES)
    prints = [it["partialFingerprints"]["interlockLint/v1"] for it in scan["results"]]
    assert len(set(prints)) == len(prints)
    assert all(
        scan["tool"]["driver"]["rules"][it["ruleIndex"]]["id"] == it["ruleId"]
        for it in scan["results"]
    )


def test_sarif_keeps_what_is_accepted_as_suppressed(folder: Path) -> None:
    (folder / "a b.sql").write_text(f"{DROP}selec", encoding="utf-8")
    (folder / "c.sql").write_text(f"{DROP.rstrip()} -- interlock: ok it is new", encoding="utf-8")

    [scan] = json.loads(run("a b.sql", "c.sql", "--format", "sarif").stdout)["runs"]

    first, second = scan["results"]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.sql"
    assert "suppressions" not in first
    assert second["suppressions"] == [{"kind": "inSource", "justification": "it is new"}]
    [invocation] = scan["invocations"]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 1


def test_annotations_are_escaped(folder: Path) -> None:
    (folder / "a,b.sql").write_text(DROP, encoding="utf-8")

    result = run("a,b.sql", "--format", "github")

    assert result.stdout == (
        "::error file=a%2Cb.sql,line=1,col=33,title=lint-drop-column::drops column status of"
        " public.booking, the state of machine booking%0ATake the column out of the spec and apply"
        " that first; drop it in a later migration\n"
    )


def test_junit_has_a_case_for_each_migration(folder: Path) -> None:
    (folder / "a.sql").write_text(DROP, encoding="utf-8")
    (folder / "b.sql").write_text(REWRITE, encoding="utf-8")
    (folder / "c.sql").write_text("selec", encoding="utf-8")

    suite = Xml.fromstring(run(".", "--format", "junit").stdout)  # noqa: S314 - it is our own

    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    told = [(it.get("name"), [child.tag for child in it]) for it in suite]
    assert told == [("a.sql", ["failure"]), ("b.sql", ["system-out"]), ("c.sql", ["error"])]
