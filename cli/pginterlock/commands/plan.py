"""``interlock plan``: print the SQL that brings a database to its spec."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pginterlock import plan as plans
from pginterlock.commands.options import (
    drop_option,
    dsn_option,
    format_option,
    leave_option,
    spec_option,
)
from pginterlock.commands.session import Progress, connected, console, read_spec
from pginterlock.errors import UsageError
from pginterlock.objects import Lock
from pginterlock.report import plan_json
from pginterlock.steps import make_plan

_PENDING = 1


@click.command(
    epilog="Example: interlock plan --out release.sql, review it, interlock apply release.sql"
)
@spec_option
@dsn_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the plan to FILE, for `interlock apply FILE`.",
)
@drop_option
@leave_option
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    spec_path: Path | None,
    dsn: str | None,
    out: Path | None,
    drop_old_names: bool,
    leave_rows: bool,
    output_format: str,
) -> None:
    """Print the SQL that brings a database to its spec, with reason and lock of each step.

    Above the steps stands what the new version changes, and how many rows that concerns. Nothing is
    changed. Exit code 1 when there is something to do, 0 when there is not, 4 where rows stand in a
    state that goes.
    """
    spec = read_spec(spec_path)
    with connected(dsn) as connection:
        plan = make_plan(
            connection,
            spec,
            drop_old_names=drop_old_names,
            leave_rows=leave_rows,
            progress=Progress(),
        )
    if out:
        try:
            out.write_text(plans.write(plan), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{out} cannot be written: {error.strerror}") from None
    if output_format == "json":
        click.echo(plan_json(plan))
    elif not out:
        click.echo(plans.write(plan), nl=False)
    show(plan, to_stderr=not out or output_format == "json")
    ctx.exit(0 if plan.is_empty else _PENDING)


def show(plan: plans.Plan, *, to_stderr: bool) -> None:
    """Print what *plan* changes and its steps as tables, the SQL left out."""
    screen = console(stderr=to_stderr)
    for note in plan.notes:
        screen.print(Text(f"note: {note}"), style="yellow")
    _show_differences(screen, plan)
    if plan.is_empty:
        screen.print("Nothing to do: the database is as the spec says.", style="green")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("", "step", "why", "lock"):
        table.add_column(heading)
    for number, step in enumerate(plan.steps, start=1):
        lock = "" if step.lock is Lock.NONE else step.lock.value
        style = "red" if step.lock is Lock.ACCESS_EXCLUSIVE else "yellow" if lock else ""
        table.add_row(str(number), step.title, step.why, f"[{style}]{lock}[/]" if style else lock)
    screen.print(table)


def _show_differences(screen: Console, plan: plans.Plan) -> None:
    if not plan.differences:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("what changes", "", "rows", ""):
        table.add_column(heading)
    for it in plan.differences:
        style = "red" if it.breaking or it.what == "state removed" else ""
        told = (f"{it.machine}: {it.what}", it.subject, it.count, it.effect)
        table.add_row(*(Text(text, style=style) for text in told))
    screen.print(table)
