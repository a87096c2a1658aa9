"""``interlock overdue``: rows that stay too long in a state, and the end of their stay."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from pginterlock.commands.options import dsn_option, format_option, spec_option
from pginterlock.commands.session import connected, console, read_spec
from pginterlock.overdue import Act, Overdue, act, listed, overdue_json

_FOUND = 1
_HEADINGS = ("machine", "key", "state", "since", "known by", "age", "longest", "then")


@click.command(epilog="Example: interlock overdue booking --act")
@click.argument("machine", required=False)
@spec_option
@dsn_option
@click.option("--act", "is_acting", is_flag=True, help="Make the moves that the spec asks for.")
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    machine: str | None,
    spec_path: Path | None,
    dsn: str | None,
    is_acting: bool,
    output_format: str,
) -> None:
    """Print the rows that stay in a state for longer than its deadline.

    With --act, for cron or any scheduler: every row whose deadline names an event (`then`) makes
    that move, in a transaction of its own, as actor interlock:deadline. Exit code 1 when a row is
    overdue, and with --act when one is still.
    """
    spec = read_spec(spec_path)
    acts: list[Act] = []
    with connected(dsn) as connection:
        if is_acting:
            with _bar() as bar:
                task = bar.add_task("moving rows", total=None)
                acts = act(
                    connection,
                    spec,
                    machine,
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
                )
        rows = listed(connection, spec, machine)
    if output_format == "json":
        click.echo(overdue_json(rows, acts))
    else:
        _show(rows, acts)
    ctx.exit(_FOUND if rows else 0)


def _bar() -> Bar:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    screen = console(stderr=True)
    return Bar(
        *columns,
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )


def _show(rows: Sequence[Overdue], acts: Sequence[Act]) -> None:
    for done in acts:
        if done.refusal:
            click.echo(f"refused: {done.refusal}")
    if acts:
        made = sum(not it.refusal and not it.is_left for it in acts)
        refused = sum(it.refusal is not None for it in acts)
        left = sum(it.is_left for it in acts)
        click.echo(f"moved {made:,}, refused {refused:,}, moved or held by others {left:,}")
    if not rows:
        click.echo("no row is overdue")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for it in rows:
        cells = (
            it.machine,
            _key(it),
            it.state,
            f"{it.since:%Y-%m-%d %H:%M:%S}",
            it.known_by,
            _length(it.age),
            _length(it.longest),
            it.event or "",
        )
        table.add_row(*map(Text, cells))
    console().print(table)


def _key(it: Overdue) -> str:
    return ", ".join(f"{name}={value}" for name, value in it.key.items())


def _length(time: timedelta) -> str:
    return str(timedelta(seconds=int(time.total_seconds())))
