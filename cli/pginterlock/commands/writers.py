"""``interlock writers``: who moves the rows of a machine, how often, and from where."""

import dataclasses
import json

import click
from rich.table import Table
from rich.text import Text

from pginterlock.commands.options import dsn_option, format_option, since_option
from pginterlock.commands.session import connected, console, moment_of
from pginterlock.writers import Writer, writers


@click.command(epilog="Example: interlock writers booking --since yesterday")
@click.argument("machine")
@since_option
@dsn_option
@format_option
def command(machine: str, since: str | None, dsn: str | None, output_format: str) -> None:
    """Print the write map that was seen at run time.

    One line for each place that writes: by the sqlcommenter tags of its statements, else by
    application and the shape of the statement; with the events it made, and what was refused.
    """
    with connected(dsn) as connection:
        since_at = moment_of(connection, since) if since else None
        found = writers(connection, machine, since_at)
    if output_format == "json":
        told = [
            {
                **dataclasses.asdict(it),
                "place": it.place,
                "tags": dict(it.tags),
                "entries": it.entries,
            }
            for it in found
        ]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
    else:
        console().print(_table(machine, found))


def _table(machine: str, found: list[Writer]) -> Table | Text:
    if not found:
        return Text(f"nobody has written rows of {machine}")
    table = Table(title=machine, title_justify="left", header_style="bold", box=None)
    for heading in ("where", "application", "role", "events"):
        table.add_column(heading, overflow="fold")
    for heading in ("entries", "refused", "let through"):
        table.add_column(heading, justify="right")
    table.add_column("first seen")
    table.add_column("last seen")
    for it in found:
        cells = [it.place, it.application, it.role]
        cells.append(", ".join(f"{event} {count:,}" for event, count in it.events.items()))
        cells += [f"{it.entries:,}", _count(it.refused), _count(it.observed)]
        cells += [f"{at:%Y-%m-%d %H:%M:%S}" if at else "" for at in (it.first, it.last)]
        table.add_row(*map(Text, cells))
    return table


def _count(number: int) -> str:
    return f"{number:,}" if number else ""
