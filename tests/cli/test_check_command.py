"""`interlock check` and `interlock schema`: text, JSON, exit codes, where the spec is found."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pginterlock.commands import interlock
from pginterlock.errors import InterlockError, SpecError, UsageError
from pginterlock.spec import json_schema

ROOT = Path(__file__).parents[2]
SEED = str(ROOT / "examples" / "seed-as-printed.yaml")
HOTEL = str(ROOT / "examples" / "hotel")
SOUND, FOUND = 0, 1
SMALL = """\
interlock: 1
machines:
  booking:
    table: booking
    state: status
    initial: [NEW]
    final: [DONE]
    transitions: {finish: {from: NEW, to: DONE}}
"""


def run(*words: str) -> Result:
    """Run the command line; errors of ours are raised, as `__main__` sees them."""
    result = CliRunner().invoke(interlock, list(words))
    if isinstance(result.exception, InterlockError):
        raise result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is where the command is run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_printed_transitions_are_found_wrong() -> None:
    result = run("check", SEED)

    assert result.exit_code == FOUND
    assert result.stdout == (
        f"{SEED}:14:9: error: state NO_SHOW cannot be reached: no transition leads to it"
        " [unreachable-state]\n"
        "    Add a transition to NO_SHOW, or take the state out\n"
        "1 found in booking\n"
    )


def test_the_hotel_is_sound() -> None:
    result = run("check", HOTEL)

    assert (result.exit_code, result.stdout) == (SOUND, "Nothing wrong with booking\n")


def test_a_warning_is_told_and_is_no_failure(folder: Path) -> None:
    (folder / "interlock.yaml").write_text(
        SMALL + "    stamps: {made_at: {state: NEW, fill: never}}\n"
    )

    result = run("check")

    assert result.exit_code == SOUND
    assert result.stdout == (
        "interlock.yaml:9:14: warning: a row may begin as NEW, which requires made_at, and fill is"
        " never [never-filled]\n"
        "    Every insert must bring it; or let the machine fill it\n"
        "Nothing wrong with booking, and 1 warning\n"
    )


def test_json_tells_the_same() -> None:
    result = run("check", "--format", "json", SEED)

    told = json.loads(result.stdout)
    assert result.exit_code == FOUND
    assert told == {
        "format": "interlock findings 1",
        "machines": ["booking"],
        "errors": 1,
        "warnings": 0,
        "findings": [
            {
                "code": "unreachable-state",
                "severity": "error",
                "machine": "booking",
                "subject": "hotel.room_booking",
                "message": "state NO_SHOW cannot be reached: no transition leads to it",
                "hint": "Add a transition to NO_SHOW, or take the state out",
                "count": None,
                "samples": [],
                "position": f"{SEED}:14:9",
            }
        ],
        "skipped": [],
        "notes": [],
    }


def test_json_of_a_sound_spec_is_whole_too() -> None:
    result = run("check", "--format", "json", HOTEL)

    assert (result.exit_code, json.loads(result.stdout)["findings"]) == (SOUND, [])


def test_all_errors_of_a_spec_are_raised_at_once(folder: Path) -> None:
    (folder / "interlock.yaml").write_text(SMALL + "    mood: x\n    stamps: {at: DOEN}\n")

    with pytest.raises(SpecError) as refused:
        run("check")

    assert refused.value.exit_code == 2
    assert refused.value.message == (
        "interlock.yaml:9:5: unknown key 'mood'; did you mean 'mode'?\n"
        "interlock.yaml:10:14: unknown state 'DOEN'; did you mean 'DONE'?"
    )


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["other.yaml"], id="as an argument"),
        pytest.param(["--spec", "other.yaml"], id="as an option"),
    ],
)
def test_a_named_spec_goes_before_all_others(folder: Path, words: list[str]) -> None:
    (folder / "pyproject.toml").write_text('[tool.interlock]\nspec = "project.yaml"\n')
    (folder / "interlock.yaml").write_text(SMALL.replace("booking:", "fallback:"))
    (folder / "other.yaml").write_text(SMALL.replace("booking:", "other:"))

    assert run("check", *words).stdout == "Nothing wrong with other\n"


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        pytest.param('[tool.interlock]\nspec = "db"\n', "project", id="named by pyproject.toml"),
        pytest.param("[tool.interlock]\n", "fallback", id="not named there"),
        pytest.param('[project]\nname = "x"\n', "fallback", id="nothing of ours there"),
        pytest.param("tool = 1\n", "fallback", id="another kind of file"),
    ],
)
def test_where_no_spec_is_named_it_is_looked_for(folder: Path, project: str, expected: str) -> None:
    (folder / "pyproject.toml").write_text(project)
    (folder / "interlock.yaml").write_text(SMALL.replace("booking:", "fallback:"))
    (folder / "db").mkdir()
    (folder / "db" / "machines.yaml").write_text(SMALL.replace("booking:", "project:"))

    assert run("check").stdout == f"Nothing wrong with {expected}\n"


@pytest.mark.parametrize(
    ("project", "told"),
    [
        pytest.param("[tool\n", "cannot be read", id="no TOML"),
        pytest.param("[tool.interlock]\nspec = 1\n", "must be text", id="no text"),
    ],
)
def test_a_pyproject_that_is_wrong_is_told(folder: Path, project: str, told: str) -> None:
    (folder / "pyproject.toml").write_text(project)

    with pytest.raises(SpecError, match=rf"pyproject\.toml.* {told}"):
        run("check")


def test_no_spec_says_how_to_name_one(folder: Path) -> None:
    assert list(folder.iterdir()) == []

    with pytest.raises(SpecError, match="no spec at") as refused:
        run("check")

    assert "--spec FILE" in (refused.value.remedy or "")


def test_two_names_for_a_spec_are_one_too_many() -> None:
    with pytest.raises(UsageError, match="named twice"):
        run("check", SEED, "--spec", SEED)


def test_brackets_in_the_name_of_a_file_are_kept(folder: Path) -> None:
    (folder / "[bold].yaml").write_text(SMALL.replace("[DONE]", "[DONE, LOST]"))

    assert run("check", "[bold].yaml").stdout.startswith("[bold].yaml:7:19: error: state LOST")


def test_the_schema_is_printed() -> None:
    result = run("schema")

    assert result.exit_code == SOUND
    assert json.loads(result.stdout) == json_schema()


def test_the_schema_is_written(folder: Path) -> None:
    result = run("schema", "--out", "interlock.schema.json")

    assert (result.exit_code, result.stdout) == (SOUND, "")
    assert json.loads((folder / "interlock.schema.json").read_text()) == json_schema()


def test_a_schema_that_cannot_be_written_is_told(folder: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        run("schema", "--out", str(folder / "none" / "x.json"))


@pytest.mark.parametrize("command", ["check", "schema"])
def test_help_ends_with_an_example(command: str) -> None:
    result = run(command, "--help")

    assert result.stdout.splitlines()[-1].strip().startswith(f"Example: interlock {command}")
