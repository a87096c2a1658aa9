"""``interlock writers``: who moves what, how often, and how many writes were refused."""

import json
from collections.abc import Sequence

import click
from rich.table import Table
from rich.text import Text

from pginterlock.commands.options import dsn_option, format_option
from pginterlock.commands.session import connected, console, read_moment
from pginterlock.writers import Writer, writer_dict, writers

_NOTHING = 1
_HEADINGS = ("write site", "role", "events", "entries", "refused", "let through", "first", "last")


@click.command(epilog="Example: interlock writers booking --since '7 days ago'")
@click.argument("machine")
@click.option("--since", metavar="TIME", help="Only transactions that began since then.")
@dsn_option
@format_option
@click.pass_context
def command(
    ctx: click.Context, machine: str, since: str | None, dsn: str | None, output_format: str
) -> None:
    """Print who moves the rows of a machine, from where, how often, and how many were refused.

    A write site is known by the sqlcommenter tags of its statements (route, controller, file), or
    else by application and shape of the statement. Refused writes are those that clients or logs
    reported; those let through are what observe and ratchet recorded. Exit code 1 when there is
    none.
    """
    with connected(dsn) as connection:
        since_at = read_moment(connection, since) if since else None
        found = writers(connection, machine, since_at)
    if output_format == "json":
        told = {
            "format": "interlock writers 1",
            "machine": machine,
            "since": since_at,
            "writers": [writer_dict(it) for it in found],
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
    elif not found:
        click.echo(f"nobody has written a row of {machine}")
    else:
        console().print(_table(found))
    ctx.exit(0 if found else _NOTHING)


def _table(found: Sequence[Writer]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in _HEADINGS:
        is_number = heading in ("entries", "refused", "let through")
        table.add_column(
            heading, overflow="fold", justify="right" if is_number else "left", no_wrap=is_number
        )
    for it in found:
        events = ", ".join(f"{event} {count:,}" for event, count in it.events.most_common())
        cells = (
            it.site.label,
            it.role,
            events,
            f"{it.entries:,}",
            f"{it.refused:,}",
            f"{it.recorded:,}",
            f"{it.first_at:%Y-%m-%d %H:%M:%S}",
            f"{it.last_at:%Y-%m-%d %H:%M:%S}",
        )
        table.add_row(*map(Text, cells))
    return table
