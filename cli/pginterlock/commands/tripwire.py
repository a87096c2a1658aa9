"""``interlock tripwire``: how it stands; let it refuse, only record, or be gone."""

import dataclasses
import json
import sys

import click
import psycopg

from pginterlock.commands.options import dsn_option, format_option, yes_option
from pginterlock.commands.session import connected
from pginterlock.errors import UsageError
from pginterlock.tripwire import Mode, Tripwire
from pginterlock.tripwire_setting import ask_for, disarmed, standing

_FOUND = 1
_SAID = {
    Mode.REFUSE: "refuses DDL that would disarm a machine",
    Mode.RECORD: "records DDL that disarms a machine, and lets it through",
    Mode.OFF: "was taken away on purpose",
}


@click.command(epilog="Example: interlock tripwire record --yes")
@click.argument(
    "action",
    type=click.Choice(["status", *(it.value for it in Mode)]),
    default="status",
    metavar="[ACTION]",
)
@yes_option
@dsn_option
@format_option
@click.pass_context
def command(
    ctx: click.Context, action: str, yes: bool, dsn: str | None, output_format: str
) -> None:
    """Print how the tripwire stands, or set what it does with DDL that would disarm a machine.

    ACTION is status (the default), refuse, record or off. What is set counts for all machines of
    the database, is kept in the journal, and shown by verify. To make the tripwire or to take it
    away needs a superuser, or what a managed server gives in place of one. Exit code 1 where status
    finds it broken or missing.
    """
    if action != "status" and not yes:
        _confirm(action)
    with connected(dsn) as connection:
        if action != "status":
            ask_for(connection, Mode(action))
        wire = standing(connection)
        _show(connection, wire, output_format)
    is_sound = wire.mode is Mode.OFF or (wire.is_whole and not wire.switched_off)
    ctx.exit(0 if is_sound else _FOUND)


def _confirm(action: str) -> None:
    told = "take the tripwire away" if action == Mode.OFF else f"let the tripwire {action}"
    if not sys.stdin.isatty():
        raise UsageError(
            f"nobody is here to ask: {told}", remedy="Say --yes to do it without a question."
        )
    click.confirm(f"{told[0].upper()}{told[1:]}?", abort=True, err=True)


def _show(connection: psycopg.Connection, wire: Tripwire, output_format: str) -> None:
    told = disarmed(connection)
    if output_format == "json":
        found = {"format": "interlock tripwire 1", **dataclasses.asdict(wire), "disarmed": told}
        click.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))
        return
    if not wire.there:
        click.echo("no tripwire" + (f": it {_SAID[Mode.OFF]}" if wire.mode is Mode.OFF else ""))
    else:
        click.echo(f"the tripwire {_SAID[wire.mode or Mode.REFUSE]}")
    if wire.mode:
        click.echo(f"  set by {wire.set_by} at {wire.set_at:%Y-%m-%d %H:%M:%S}")
    if wire.there:
        for name in wire.missing:
            click.echo(f"  event trigger {name} is missing")
    for name, wrong in wire.changed:
        click.echo(f"  event trigger {name} {wrong}")
    for where in wire.switched_off:
        click.echo(f"  event triggers do not fire: event_triggers is off {where}")
    for it in wire.watched or ():
        lost = f": {'; '.join(it.losses)}" if it.losses else ""
        click.echo(f"  {it.machine}: {'watched' if it.is_watched else 'not watched'}{lost}")
    for row in told:
        losses = "; ".join(row["losses"])
        click.echo(
            f"  {row['at']:%Y-%m-%d %H:%M:%S}  {row['machine']}: {row['command']} by"
            f" {row['session_role']} was let through: {losses}"
        )
