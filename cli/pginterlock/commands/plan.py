"""``interlock plan``: print the SQL that brings a database to its spec."""

from dataclasses import dataclass
from pathlib import Path

import click
import psycopg
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pginterlock import measuring
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
from pginterlock.model import Spec
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
@click.option(
    "--measure/--no-measure",
    default=True,
    show_default=True,
    help="Whether to run the steps on a copy of the tables, on a private server, for their locks.",
)
@click.option(
    "--exit-code/--no-exit-code",
    default=True,
    show_default=True,
    help="Whether to end with exit code 1 when there is something to do.",
)
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    spec_path: Path | None,
    dsn: str | None,
    out: Path | None,
    drop_old_names: bool,
    leave_rows: bool,
    measure: bool,
    exit_code: bool,
    output_format: str,
) -> None:
    """Print the SQL that brings a database to its spec, with reason and lock of each step.

    Above the steps stands what the new version changes, and how many rows that concerns. Nothing is
    changed. Exit code 1 when there is something to do (with --no-exit-code 0), 0 when there is not,
    4 where rows stand in a state that goes.
    """
    spec = read_spec(spec_path)
    with connected(dsn) as connection:
        how = _Asked(drop_old_names, leave_rows)
        plan = _measured(connection, spec, how) if measure else _made(connection, spec, how)
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
    ctx.exit(_PENDING if exit_code and not plan.is_empty else 0)


@dataclass(frozen=True, slots=True)
class _Asked:
    drop_old_names: bool
    leave_rows: bool


def _made(connection: psycopg.Connection, spec: Spec, how: _Asked) -> plans.Plan:
    return make_plan(
        connection,
        spec,
        drop_old_names=how.drop_old_names,
        leave_rows=how.leave_rows,
        makes_tripwire=True,
        progress=Progress(),
    )


def _measured(connection: psycopg.Connection, spec: Spec, how: _Asked) -> plans.Plan:
    with measuring.copying(connection) as place:
        plan = _made(connection, spec, how)
        return measuring.measured(connection, plan, place)


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
        lock = _locks(step)
        style = "red" if Lock.ACCESS_EXCLUSIVE in lock else "yellow" if lock else ""
        table.add_row(str(number), step.title, step.why, f"[{style}]{lock}[/]" if style else lock)
    screen.print(table)
    if plan.locks != plans.EXPECTED:
        screen.print(f"locks: {plan.locks}", style="dim")


def _locks(step: plans.Step) -> str:
    """Return the locks of *step*, with the table where it is not the user's own."""
    if not step.locks:
        return ""
    first, *others = step.locks
    is_the_users = first.table == step.table and not first.table.startswith("interlock.")
    told = first.lock.value if is_the_users else str(first)
    if not others:
        return told
    more = others[0].table if len(others) == 1 else f"{len(others)} tables"
    return f"{told}, also on {more}"


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
