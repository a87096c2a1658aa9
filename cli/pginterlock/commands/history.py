"""``interlock history``: print the life of one row."""

import dataclasses
import json
from collections.abc import Sequence

import click
from rich.table import Table
from rich.text import Text

from pginterlock.audit import Entry, history
from pginterlock.commands.options import dsn_option, format_option
from pginterlock.commands.session import connected, console

_NOTHING = 1


@click.command(epilog="Example: interlock history booking 42")
@click.argument("machine")
@click.argument("key", nargs=-1, required=True)
@dsn_option
@format_option
@click.pass_context
def command(
    ctx: click.Context, machine: str, key: tuple[str, ...], dsn: str | None, output_format: str
) -> None:
    """Print the life of one row: every move, who made it, and what changed with it.

    A key of several columns is given as several values. Exit code 1 when the row has no history.
    """
    with connected(dsn) as connection:
        entries = history(connection, machine, key)
    if output_format == "json":
        click.echo(
            json.dumps(
                [dataclasses.asdict(it) for it in entries],
                indent=2,
                ensure_ascii=False,
                default=str,
            )
        )
    else:
        console().print(timeline(machine, "/".join(key), entries))
    ctx.exit(0 if entries else _NOTHING)


def timeline(machine: str, key: str, entries: Sequence[Entry]) -> Table | Text:
    """Return *entries* as a table, oldest first."""
    if not entries:
        return Text(f"{machine} {key} has no history")
    table = Table(title=f"{machine} {key}", title_justify="left", header_style="bold", box=None)
    for heading in ("when", "what", "state", "changed", "actor", "reason", "by", "from where"):
        table.add_column(heading, overflow="fold")
    for it in entries:
        table.add_row(
            f"{it.at:%Y-%m-%d %H:%M:%S}",
            it.event or it.kind,
            _move(it),
            _changed(it),
            it.actor or "",
            it.reason or "",
            it.set_role or it.session_role,
            " ".join(filter(None, [it.application_name, it.client_address])),
        )
    return table


def _move(it: Entry) -> str:
    if it.from_state == it.to_state:
        return it.to_state or ""
    return f"{it.from_state or '(new)'} -> {it.to_state or '(deleted)'}"


def _changed(it: Entry) -> str:
    return "\n".join(
        f"{name}: {_value(old)} -> {_value(new)}" for name, (old, new) in it.changed.items()
    )


def _value(value: object) -> str:
    return "null" if value is None else str(value)
