"""``interlock keys``: the keys with which tokens of signed actors are made."""

import dataclasses
import json
import os
import sys
from pathlib import Path

import click
from rich.table import Table

from pginterlock import actor_keys
from pginterlock.actor_keys import ActorKey
from pginterlock.commands.options import dsn_option, format_option
from pginterlock.commands.session import connected, console, read_moment
from pginterlock.errors import UsageError

SECRET_VARIABLE = "INTERLOCK_ACTOR_SECRET"  # noqa: S105 - its name, not a secret
_STDIN = Path("-")


@click.command(epilog="Example: interlock keys add 2026-11 --secret-file actor.key")
@click.argument("action", type=click.Choice(["add", "list", "retire"]), metavar="ACTION")
@click.argument("key_id", required=False, metavar="[KEY]")
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the secret is read from; - is standard input. Default: the variable"
    f" {SECRET_VARIABLE}.",
)
@click.option("--not-after", metavar="TIME", help="From then on no token of the key is believed.")
@dsn_option
@format_option
def command(
    action: str,
    key_id: str | None,
    secret_file: Path | None,
    not_after: str | None,
    dsn: str | None,
    output_format: str,
) -> None:
    """Add, list and retire the keys with which tokens of signed actors are made.

    ACTION is add, list or retire. The secret is shared with the service that signs; it is read
    from a file, from standard input or from a variable, and never printed.
    """
    _check(action, key_id, secret_file, not_after)
    if action == "add":
        secret = _secret(secret_file)
    with connected(dsn) as connection:
        if action == "list":
            _show(actor_keys.keys(connection), output_format)
        elif action == "retire":
            actor_keys.retire(connection, key_id or "")
            click.echo(f"no token of key {key_id} is believed from now on")
        else:
            until = read_moment(connection, not_after) if not_after else None
            actor_keys.add(connection, key_id or "", secret, until)
            click.echo(f"tokens of key {key_id} are believed from now on")


def _check(
    action: str, key_id: str | None, secret_file: Path | None, not_after: str | None
) -> None:
    if action == "list" and key_id:
        raise UsageError("list takes no key: it lists all of them")
    if action != "list" and not key_id:
        raise UsageError(f"{action} needs the name of a key", remedy=f"interlock keys {action} KEY")
    if action != "add" and (secret_file or not_after):
        raise UsageError("--secret-file and --not-after belong to add")


def _secret(file: Path | None) -> bytes:
    """Return the secret, without the newline at the end that editors put there."""
    if file is None:
        told = os.environb.get(SECRET_VARIABLE.encode())
        if told is None:
            raise UsageError(
                "there is no secret to add",
                remedy=f"--secret-file FILE, or - for standard input, or {SECRET_VARIABLE}.",
            )
        return told.rstrip(b"\r\n")
    try:
        found = sys.stdin.buffer.read() if file == _STDIN else file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    return found.rstrip(b"\r\n")


def _show(found: list[ActorKey], output_format: str) -> None:
    if output_format == "json":
        told = {"format": "interlock keys 1", "keys": [dataclasses.asdict(it) for it in found]}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
        return
    if not found:
        click.echo("no key: no token is believed here")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("key", "believed", "added", "by", "not after", "retired by"):
        table.add_column(heading)
    for it in found:
        ends = f"{it.not_after:%Y-%m-%d %H:%M:%S}" if it.not_after else ""
        table.add_row(
            it.key_id,
            "yes" if it.is_believed else "no",
            f"{it.added_at:%Y-%m-%d %H:%M:%S}",
            it.added_by,
            ends,
            it.retired_by or "",
        )
    console().print(table)
