"""``interlock demo``: watch a real PostgreSQL refuse what it let through a moment before."""

from pathlib import Path

import click

from pginterlock import demo
from pginterlock.hotel.screen import screen

_FEWEST, _MOST = 0, 1_000_000


@click.command(epilog="Example: interlock demo --keep")
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Load the published data set (hotel_bookings.csv, or gzipped) instead of made bookings.",
)
@click.option("--keep", is_flag=True, help="Leave the server running and print how to reach it.")
@click.option(
    "--dsn",
    metavar="DSN",
    help="Play on this server, in a database of its own that is dropped at the end. Default: a"
    " PostgreSQL of our own.",
)
@click.option(
    "--rows",
    type=click.IntRange(_FEWEST, _MOST),
    default=4000,
    show_default=True,
    help="How many bookings to make.",
)
@click.pass_context
def command(
    ctx: click.Context, data: Path | None, dsn: str | None, rows: int, *, keep: bool
) -> None:
    """Play every defect of the hotel on bare tables, and again under a machine.

    Starts a PostgreSQL of its own, makes a hotel with some thousand bookings, lets the application
    write what it must not, applies the machine, and lets it try again. Exits with 1 when a defect
    did not go through before, or was not refused after.
    """
    differences = demo.run(demo.Options(rows=rows, data=data, dsn=dsn, keep=keep), screen())
    ctx.exit(1 if differences else 0)
