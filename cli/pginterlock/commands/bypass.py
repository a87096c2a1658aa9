"""``interlock bypass``: open, close and list the recorded ways around a machine."""

import dataclasses
import json
import sys
from collections.abc import Sequence

import click
import psycopg
from rich.table import Table
from rich.text import Text

from pginterlock import bypasses
from pginterlock.bypasses import Bypass, Kind, Wish
from pginterlock.commands.options import dsn_option, format_option, yes_option
from pginterlock.commands.session import connected, console
from pginterlock.errors import UsageError

_HEADINGS = ("bypass", "machine", "kind", "for", "why", "opened", "by", "until", "is")


@click.command(
    epilog="Example: interlock bypass open booking --reason 'undo of batch 7' --for 30m --role dba"
)
@click.argument("action", type=click.Choice(["open", "close", "list"]), metavar="ACTION")
@click.argument("machine", required=False, metavar="[MACHINE]")
@click.option("--reason", metavar="TEXT", help="Why the rules do not do this time; open needs it.")
@click.option(
    "--for",
    "duration",
    metavar="TIME",
    help="How long it is open: 30m, 2h, 1d; open needs it. At most 24 hours.",
)
@click.option(
    "--role",
    metavar="ROLE",
    help="Who logs in as this role, or is a member of it where it cannot log in. Default: you.",
)
@click.option("--import", "is_import", is_flag=True, help="For a load of past rows.")
@click.option("--long", "is_long", is_flag=True, help="Allow up to 31 days.")
@click.option("--all", "all_of_them", is_flag=True, help="List those that are over, too.")
@yes_option
@dsn_option
@format_option
def command(
    action: str,
    machine: str | None,
    reason: str | None,
    duration: str | None,
    role: str | None,
    is_import: bool,
    is_long: bool,
    all_of_them: bool,
    yes: bool,
    dsn: str | None,
    output_format: str,
) -> None:
    """Open, close and list bypasses: deliberate, recorded ways around a machine.

    ACTION is open, close or list. While one is open, moves, births and deletions that the machine
    refuses go through for one role, and are marked in the history. Rows must be sound all the same.
    It ends by itself; verify and status show it.
    """
    opening = (reason, duration, is_import or None, is_long or None)
    if action != "open" and any(it is not None for it in opening):
        raise UsageError("--reason, --for, --import and --long belong to open")
    if action != "list" and (not machine or all_of_them):
        raise UsageError(
            f"{action} needs a machine" if not machine else "--all belongs to list",
            remedy=f"interlock bypass {action} MACHINE",
        )
    if action == "open":
        kind = Kind.IMPORT if is_import else Kind.MOVES
        wish = _wish(machine or "", reason, duration, role, kind, is_long=is_long)
    with connected(dsn) as connection:
        if action == "list":
            there = bypasses.listed(connection, machine)
            shown = [it for it in there if (all_of_them or it.is_open) and role in (None, it.role)]
            _show(shown, output_format)
        elif action == "open":
            _open(connection, wish, output_format, yes=yes)
        else:
            _show_closed(bypasses.close(connection, machine or "", role), output_format)


def _wish(
    machine: str,
    reason: str | None,
    duration: str | None,
    role: str | None,
    kind: Kind,
    *,
    is_long: bool,
) -> Wish:
    if not (reason or "").strip():
        raise UsageError(
            "a bypass needs a reason", remedy="--reason TEXT: why the rules do not do this time."
        )
    if duration is None:
        raise UsageError("a bypass needs an end", remedy="--for 30m, 2h or 1d.")
    return Wish(machine, reason or "", bypasses.duration(duration), role, kind, is_long)


def _open(connection: psycopg.Connection, wish: Wish, output_format: str, *, yes: bool) -> None:
    whom = wish.role or connection.info.user
    told = f"let {whom} write against the rules of {wish.machine} for {wish.duration}"
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(
                f"nobody is here to ask: {told}", remedy="Say --yes to open without a question."
            )
        click.confirm(f"{told[0].upper()}{told[1:]}?", abort=True, err=True)
    made = bypasses.open_one(connection, wish)
    if output_format == "json":
        _show([made], output_format)
        return
    click.echo(
        f"bypass {made.bypass_id} of {made.machine} ({made.kind}) is open for {made.whom}"
        f" until {_moment(made.until_at)}"
    )
    click.echo(f"  End it before: interlock bypass close {made.machine}", err=True)


def _show_closed(closed: Sequence[Bypass], output_format: str) -> None:
    if output_format == "json":
        _show(closed, output_format)
        return
    for it in closed:
        click.echo(f"bypass {it.bypass_id} of {it.machine} for {it.whom} is closed")


def _show(found: Sequence[Bypass], output_format: str) -> None:
    if output_format == "json":
        told = {
            "format": "interlock bypasses 1",
            "bypasses": [dataclasses.asdict(it) for it in found],
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
        return
    if not found:
        click.echo("no bypass")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for it in found:
        cells = (
            str(it.bypass_id),
            it.machine,
            it.kind,
            it.whom,
            it.reason,
            _moment(it.opened_at),
            it.opened_by,
            _moment(it.until_at),
            _standing(it),
        )
        table.add_row(*map(Text, cells))
    console().print(table)


def _standing(it: Bypass) -> str:
    if it.closed_by:
        return f"closed by {it.closed_by}"
    return "open" if it.is_open else "over"


def _moment(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
