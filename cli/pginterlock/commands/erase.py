"""``interlock erase``: take the personal values of one row out of its history."""

import sys

import click

from pginterlock import erasure
from pginterlock.commands.options import dsn_option, yes_option
from pginterlock.commands.session import Progress, connected, console
from pginterlock.errors import UsageError

_KEPT = 1


@click.command(epilog="Example: interlock erase booking 42 --reason 'asked to be forgotten'")
@click.argument("machine")
@click.argument("key", nargs=-1, required=True)
@dsn_option
@click.option("--reason", metavar="TEXT", help="Why; goes into the journal. Name nobody in it.")
@yes_option
@click.pass_context
def command(
    ctx: click.Context,
    machine: str,
    key: tuple[str, ...],
    dsn: str | None,
    reason: str | None,
    yes: bool,
) -> None:
    """Take the personal values of one row out of its history; the seal stays valid.

    Statement and reason of every entry, and what `audit: {erasable: [...]}` names; the same of its
    violations. States, moves, times and the key itself stay. It cannot be undone. Exit code 1
    where entries keep a value, for they were sealed before it was erasable.
    """
    with connected(dsn) as connection:
        found = erasure.look(connection, machine, key)
        columns = ", ".join(found.columns)
        console().print(
            f"{machine}: {found.entries} entries and {found.violations} violations of this key,"
            f" {found.erased} entries erased before; erasable: {columns}"
        )
        if not found.entries and not found.violations:
            return
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError(
                    "nobody is here to ask", remedy="Say --yes to erase without a question."
                )
            click.confirm("Erase these values for ever?", abort=True, err=True)
        done = erasure.erase(connection, machine, key, reason=reason, progress=Progress())
    console().print(
        f"{done.entries} entries and {done.violations} violations erased", style="green"
    )
    if done.kept:
        console().print(
            f"kept in some entries, which were sealed before it was erasable:"
            f" {', '.join(done.kept)}",
            style="yellow",
        )
        ctx.exit(_KEPT)
