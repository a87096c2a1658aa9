"""The options that commands share: the same flag means the same everywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pginterlock.spec_place import DEFAULT_SPEC, named_in

_Decorated = Callable[..., Any]

spec_option: Callable[[_Decorated], _Decorated] = click.option(
    "--spec",
    "spec_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The spec, a folder of them, or module:Base, whose mapped classes declare machines. "
    "Default: spec in [tool.interlock] of pyproject.toml, else interlock.yaml.",
)
dsn_option: Callable[[_Decorated], _Decorated] = click.option(
    "--dsn",
    metavar="DSN",
    help="The database: a URL, a libpq string, or embedded:[FOLDER]. Default: INTERLOCK_DSN, "
    "DATABASE_URL, else PG* as in psql.",
)
format_option: Callable[[_Decorated], _Decorated] = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print the result.",
)
yes_option: Callable[[_Decorated], _Decorated] = click.option(
    "--yes", is_flag=True, help="Do not ask."
)


drop_option: Callable[[_Decorated], _Decorated] = click.option(
    "--drop-old-names",
    is_flag=True,
    help="End renames: states are no longer accepted under their old names.",
)
leave_option: Callable[[_Decorated], _Decorated] = click.option(
    "--leave-rows",
    is_flag=True,
    help="In observe and ratchet: let a state go although rows stand in it.",
)


@dataclass(frozen=True, slots=True)
class Preset:
    """The spec and the database that commands take where they are told none: who calls us knows.

    *dsn* is asked when a database is needed.
    """

    spec: Path | None = None
    dsn: Callable[[], str | None] = lambda: None


def preset() -> Preset:
    """Return what the caller of the command line has set; empty where nobody has."""
    ctx = click.get_current_context(silent=True)
    return (ctx.find_object(Preset) if ctx else None) or Preset()


def find_spec(explicit: Path | None) -> Path:
    """Return the spec that is meant: *explicit*, else what pyproject.toml says, else the default.

    Raises SpecError where pyproject.toml cannot be read.
    """
    return explicit or preset().spec or named_in(Path()) or Path(DEFAULT_SPEC)


def spec_near(file: Path) -> Path | None:
    """Return the spec in the nearest folder above *file* that has one, or whose project names one.

    Raises SpecError where a pyproject.toml on the way cannot be read.
    """
    for folder in file.absolute().parents:
        beside = folder / DEFAULT_SPEC
        if found := named_in(folder):
            return found
        if beside.is_file():
            return beside
    return None
