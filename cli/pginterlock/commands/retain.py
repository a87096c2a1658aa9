"""``interlock retain``: drop the months of histories that are past their retention."""

import sys

import click

from pginterlock import retention
from pginterlock.commands.options import dsn_option, yes_option
from pginterlock.commands.session import Progress, connected, console
from pginterlock.errors import UsageError
from pginterlock.waiting import Waiting


@click.command(epilog="Example: interlock retain --dry-run")
@dsn_option
@click.option("--dry-run", is_flag=True, help="Only say what would be dropped.")
@click.option(
    "--lock-wait",
    "limit_s",
    type=click.FloatRange(0, 86_400),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to keep trying for the lock on a history.",
)
@yes_option
def command(dsn: str | None, dry_run: bool, limit_s: float, yes: bool) -> None:
    """Drop the months of histories that are past `audit: {retain: ...}` of their machine.

    Only whole months that are sealed, and still are as they were sealed: each is held against its
    seal first. The journal keeps that it was dropped, and `verify --seal` accepts it for that.
    """
    with connected(dsn) as connection:
        months = retention.past(connection)
        for it in months:
            console().print(f"{it.machine}: {it.month:%Y-%m}, {it.entry_count:,} entries")
        if dry_run or not months:
            console().print(f"{len(months)} months are past their retention")
            return
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError(
                    "nobody is here to ask", remedy="Say --yes to drop without a question."
                )
            click.confirm(f"Drop these {len(months)} months for ever?", abort=True, err=True)
        retention.drop(connection, months, waiting=Waiting(limit_s=limit_s), progress=Progress())
    console().print(f"{len(months)} months dropped", style="green")
