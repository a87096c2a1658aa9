"""``interlock apply``: bring a database to its spec, all of it or nothing."""

import sys
from pathlib import Path

import click
import psycopg
from rich.text import Text

from pginterlock import apply as applying
from pginterlock import plan as plans
from pginterlock.commands.options import (
    drop_option,
    dsn_option,
    leave_option,
    spec_option,
    yes_option,
)
from pginterlock.commands.plan import show
from pginterlock.commands.session import Progress, connected, console, read_spec
from pginterlock.errors import UsageError
from pginterlock.plan import Part, Plan
from pginterlock.steps import make_plan


@click.command(epilog="Example: interlock apply --yes --lock-wait 60")
@click.argument("plan_file", type=click.Path(path_type=Path), required=False, metavar="[PLAN]")
@spec_option
@dsn_option
@yes_option
@drop_option
@leave_option
@click.option(
    "--lock-timeout",
    "timeout_ms",
    type=click.IntRange(1, 60_000),
    default=2000,
    show_default=True,
    metavar="MS",
    help="How long the longest try waits for a lock; others queue behind it that long. The first "
    "tries wait 50 ms.",
)
@click.option(
    "--lock-wait",
    "limit_s",
    type=click.FloatRange(0, 86_400),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to keep trying, all together.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on with PLAN where a run of it was cut short: what it arms may be armed already.",
)
def command(
    plan_file: Path | None,
    spec_path: Path | None,
    dsn: str | None,
    yes: bool,
    drop_old_names: bool,
    leave_rows: bool,
    timeout_ms: int,
    limit_s: float,
    resume: bool,
) -> None:
    """Bring a database to its spec, all of it or nothing.

    Without PLAN the plan is made now and shown first. With PLAN, a file of `interlock plan --out`,
    it runs as it was reviewed, and is refused when the database has changed since. A run that was
    cut short is run again: with --resume where it has a PLAN.

    A state with a new name is accepted under both, and its rows are moved; --drop-old-names, once
    nobody writes the old name any more, ends that.
    """
    waiting = applying.Waiting(timeout_ms, limit_s)
    if plan_file and spec_path:
        raise UsageError("give a plan or a spec, not both: a plan carries what it was made of")
    if plan_file and (drop_old_names or leave_rows):
        raise UsageError("a plan carries what it was made with: give these options to plan")
    plan = _read(plan_file) if plan_file else None
    spec = None if plan else read_spec(spec_path)
    with connected(dsn) as connection:
        if plan is None and spec is not None:
            plan = make_plan(
                connection,
                spec,
                drop_old_names=drop_old_names,
                leave_rows=leave_rows,
                makes_tripwire=True,
                progress=Progress(),
            )
        if plan is not None:
            _run(connection, plan, waiting, yes=yes, resume=resume)


def _read(path: Path) -> Plan:
    try:
        return plans.read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {error}", remedy=f"interlock plan --out {path} writes one."
        ) from None


def _run(
    connection: psycopg.Connection,
    plan: Plan,
    waiting: applying.Waiting,
    *,
    yes: bool,
    resume: bool,
) -> None:
    show(plan, to_stderr=True)
    if plan.is_empty:
        return
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(
                "nobody is here to ask", remedy="Say --yes to apply without a question."
            )
        click.confirm(f"Apply this to database {plan.database}?", abort=True, err=True)
    ran = applying.run(connection, plan, waiting=waiting, resume=resume, progress=Progress())
    if resume and not ran.armed and any(step.part is Part.ARM for step in plan.steps):
        said = f"Database {plan.database} was armed already; what was left is done."
        console().print(said, style="green")
    elif ran.armed:
        said = f"Applied {ran.armed} steps to database {plan.database} in one transaction."
        console().print(said, style="green")
    for step in plan.steps:
        if step.part is Part.MOVE:
            console().print(Text(f"Done: {step.title}."), style="green")
    console(stderr=True).print("Next: interlock verify", style="dim")
