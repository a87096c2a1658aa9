"""Every command, option and exit code is documented, and every help ends in an example."""

import importlib
import re
from pathlib import Path

import click
import pytest
from tests.docs import pages

from pginterlock import errors
from pginterlock.commands import COMMANDS, interlock

PAGE = pages.text("cli.md")
# `interlock plan`, `interlock history booking 42`: in prose, in blocks, with options behind it.
_CALL = re.compile(r"(?:^|[`$ ])interlock ([a-z]+)\b([^`\n|#]*)", re.MULTILINE)
# Commands that `manage.py interlock` has beside ours: docs/reference/django.md.
_OF_DJANGO = {"makemigrations"}
# Words that follow the program's name in sentences.
_PROSE = {"cascade", "findings", "plan", "to"}


def command_named(name: str) -> click.Command:
    """Return the command, as the command line finds it."""
    found = interlock.get_command(click.Context(interlock), name)
    assert found
    return found


def options_of(name: str) -> set[str]:
    """Return the long options of a command."""
    params = command_named(name).params
    return {
        opt
        for it in params
        if isinstance(it, click.Option)
        for opt in (*it.opts, *it.secondary_opts)
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_its_section_with_every_option(name: str) -> None:
    section = pages.section(PAGE, f"interlock {name}")

    assert {it for it in options_of(name) if it not in section} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_names_no_option_that_is_not_there(name: str) -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)", pages.section(PAGE, f"interlock {name}"), re.MULTILINE)

    assert set(rows) <= options_of(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_synopsis_names_every_argument(name: str) -> None:
    synopsis = pages.section(PAGE, f"interlock {name}").split("```")[1]
    arguments = [it for it in command_named(name).params if isinstance(it, click.Argument)]

    for it in arguments:
        assert it.make_metavar(click.Context(command_named(name))).strip("[].") in synopsis


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_in_an_example(name: str) -> None:
    epilog = command_named(name).epilog or ""

    assert epilog.startswith(f"Example: interlock {name}")


def test_the_command_that_only_django_has_is_documented_with_every_option() -> None:
    migrating = importlib.import_module("pginterlock.django.migrating")
    section = pages.section(pages.text("django.md"), "interlock makemigrations")
    options = {opt for it in migrating.command.params for opt in it.opts}

    assert {it for it in options if it not in section} == set()
    assert migrating.command.epilog.startswith("Example: manage.py interlock makemigrations")


def test_every_system_check_of_django_is_documented() -> None:
    source = (pages.ROOT / "cli" / "pginterlock" / "django" / "checks.py").read_text("utf-8")
    codes = {f"interlock.{it}" for it in re.findall(r'"(?:interlock\.)?([EW]\d{3})"', source)}
    documented = set(
        re.findall(r"^\| `(interlock\.[EW]\d{3})`", pages.text("django.md"), re.MULTILINE)
    )

    assert len(codes) > 10
    assert documented == codes


def test_every_setting_of_django_is_documented() -> None:
    source = (pages.ROOT / "cli" / "pginterlock" / "django" / "conf.py").read_text("utf-8")
    table = pages.section(pages.text("django.md"), "Settings")

    assert [it for it in set(re.findall(r'"(INTERLOCK_\w+)"', source)) if it not in table] == []


def test_every_exit_code_is_documented() -> None:
    codes = {
        it.exit_code
        for it in vars(errors).values()
        if isinstance(it, type(errors.UsageError)) and issubclass(it, errors.InterlockError)
    }
    table = pages.section(PAGE, "Exit codes")

    assert [code for code in sorted({0, 1, 130} | codes) if f"| {code} |" not in table] == []


@pytest.mark.parametrize("page", pages.all_pages(), ids=lambda it: it.name)
def test_calls_in_the_docs_are_of_commands_and_options_that_exist(page: Path) -> None:
    wrong = []
    for name, rest in _CALL.findall(page.read_text(encoding="utf-8")):
        if name in COMMANDS:
            used = set(re.findall(r"--[a-z][a-z-]*", rest))
            # `manage.py interlock` takes an alias of DATABASES with every command.
            wrong += [f"{name} {opt}" for opt in used - options_of(name) - {"--help", "--database"}]
        elif name not in _PROSE | _OF_DJANGO:
            wrong.append(name)

    assert wrong == []
