"""``interlock uninstall``: take everything off again; the history stays unless asked."""

import sys

import click

from pginterlock.commands.options import dsn_option, yes_option
from pginterlock.commands.session import connected, console
from pginterlock.errors import UsageError
from pginterlock.uninstall import take_off


@click.command(epilog="Example: interlock uninstall --machine booking --yes")
@click.option(
    "--machine",
    "machines",
    multiple=True,
    metavar="NAME",
    help="Only this machine; may be given again. Default: all that are installed.",
)
@click.option("--drop-history", is_flag=True, help="Drop the histories too. They are gone then.")
@dsn_option
@yes_option
def command(machines: tuple[str, ...], drop_history: bool, dsn: str | None, yes: bool) -> None:
    """Take machines off again: triggers, CHECKs, functions and registry entries.

    The histories stay, unless --drop-history is given; then schema interlock goes with the last
    machine.
    """
    with connected(dsn) as connection:
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError(
                    "nobody is here to ask", remedy="Say --yes to do it without a question."
                )
            names = ", ".join(machines) or "all machines"
            more = " AND THEIR HISTORY" if drop_history else ""
            click.confirm(f"Take off {names}{more}?", abort=True, err=True)
        done = take_off(connection, machines, drop_history=drop_history)
    for line in done:
        console().print(line)
