"""The options that commands share: the same flag means the same everywhere."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pginterlock.errors import SpecError

_Decorated = Callable[..., Any]

DEFAULT_SPEC = "interlock.yaml"

spec_option: Callable[[_Decorated], _Decorated] = click.option(
    "--spec",
    "spec_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The spec, or a folder of them. Default: spec in [tool.interlock] of pyproject.toml, "
    "else interlock.yaml.",
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


def find_spec(explicit: Path | None, folder: Path = Path()) -> Path:
    """Return the spec that is meant: *explicit*, else what pyproject.toml says, else the default.

    *folder* is that of pyproject.toml; the path that it says is relative to it.

    Raises SpecError where pyproject.toml cannot be read.
    """
    if explicit:
        return explicit
    project = folder / "pyproject.toml"
    if not project.is_file():
        return Path(DEFAULT_SPEC)
    try:
        told: object = tomllib.loads(project.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SpecError((f"pyproject.toml cannot be read: {error}",)) from None
    for key in ("tool", "interlock", "spec"):
        told = told.get(key) if isinstance(told, dict) else None
    if told is not None and not isinstance(told, str):
        raise SpecError(("pyproject.toml: spec in [tool.interlock] must be text",))
    return Path(told or DEFAULT_SPEC)
