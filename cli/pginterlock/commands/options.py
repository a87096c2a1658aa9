"""The options that commands share: the same flag means the same everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

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
