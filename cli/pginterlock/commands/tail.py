"""``interlock tail``: print entries as they are committed, one a line."""

import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Iterator

import click
import psycopg
from rich.table import Table
from rich.text import Text

from pginterlock import audit, outbox
from pginterlock.audit import Entry
from pginterlock.commands.options import dsn_option, format_option
from pginterlock.commands.session import connected, console, read_moment
from pginterlock.errors import UsageError
from pginterlock.outbox.status import MOST, CursorStatus
from pginterlock.outbox.tail import Tail

_LINES = 10


@click.command(epilog="Example: interlock tail booking --follow")
@click.argument("machines", metavar="[MACHINE]...", nargs=-1)
@click.option("--follow", is_flag=True, help="Go on with what is committed from now on.")
@click.option(
    "--lines",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"The newest N entries first. Default: {_LINES}, or all with --since.",
)
@click.option("--since", metavar="TIME", help="Only transactions that began since then.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.01, max=3600),
    metavar="SECONDS",
    default=1.0,
    show_default=True,
    help="How often to ask, with --follow, where no notification comes.",
)
@click.option(
    "--cursor", "name", metavar="NAME", help="What this cursor has not delivered yet; it moves on."
)
@click.option("--cursors", is_flag=True, help="Print the cursors and what waits for each.")
@dsn_option
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    machines: tuple[str, ...],
    follow: bool,
    lines: int | None,
    since: str | None,
    interval: float,
    name: str | None,
    cursors: bool,
    dsn: str | None,
    output_format: str,
) -> None:
    """Print the entries of histories as they are committed, one a line.

    Without MACHINE: of all that are installed. Without --cursor nothing is written, and a standby
    will do. Ctrl-C ends it, with exit code 0.
    """
    if cursors and (machines or follow or name or since or lines is not None):
        raise UsageError("--cursors stands alone")
    if name is not None and (since or lines is not None):
        raise UsageError(
            "--cursor begins where the cursor stands: --lines and --since say nothing to it"
        )
    try:
        with connected(dsn) as connection:
            if cursors:
                _print_cursors(outbox.status(connection), output_format)
            elif name is not None:
                chosen = machines or None
                entries = outbox.consume(
                    connection, name, machines=chosen, follow=follow, wait_s=interval
                )
                with entries:
                    _print(entries, output_format)
            else:
                shown = _shown(connection, machines, lines, since)
                _print(_tail(*shown, follow=follow, interval=interval), output_format)
    except KeyboardInterrupt:
        ctx.exit(0)
    except BrokenPipeError:
        # The reader went away (`| head`); nothing is to be said when Python closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        ctx.exit(0)


def _shown(
    connection: psycopg.Connection, machines: tuple[str, ...], lines: int | None, since: str | None
) -> tuple[Tail, list[Entry]]:
    known = list(audit.machines(connection))
    if unknown := [it for it in machines if it not in known]:
        raise UsageError(
            f"no machine {unknown[0]!r} is installed here; installed: {', '.join(known) or 'none'}",
            remedy="interlock apply installs the machines of a spec.",
        )
    if not known:
        raise UsageError(
            "no machine is installed here",
            remedy="interlock apply installs the machines of a spec.",
        )
    since_at = read_moment(connection, since) if since else None
    tail = Tail(connection, machines or known)
    wanted = _LINES if lines is None and since_at is None else lines
    return tail, tail.last(wanted, since_at)


def _tail(tail: Tail, last: list[Entry], *, follow: bool, interval: float) -> Iterator[Entry]:
    yield from last
    if follow:
        tail.listen()
    while follow:
        yield from tail.new()
        tail.wait(interval)


def _print(entries: Iterable[Entry], output_format: str) -> None:
    for it in entries:
        if output_format == "json":
            line = json.dumps(audit.told(it), ensure_ascii=False, default=str)
        else:
            line = _line(it)
        click.echo(line)
        sys.stdout.flush()


def _line(it: Entry) -> str:
    key = "/".join(map(str, it.key.values()))
    changed = " ".join(
        f"{n}: {_value(old)} -> {_value(new)}" for n, (old, new) in it.changed.items()
    )
    claimed = " ".join(filter(None, [it.actor, it.reason and f"({it.reason})"]))
    parts = [
        f"{it.clock_at:%Y-%m-%d %H:%M:%S}",
        f"{it.machine} {key}",
        it.event or it.kind,
        f"{it.from_state or '(new)'} -> {it.to_state or '(deleted)'}"
        if it.kind != "change"
        else "",
        changed,
        f"by {claimed}" if claimed else "",
        f"as {it.set_role or it.session_role}",
    ]
    return " ".join("  ".join(filter(None, parts)).splitlines())


def _value(value: object) -> str:
    return "null" if value is None else str(value)


def _print_cursors(found: list[CursorStatus], output_format: str) -> None:
    if output_format == "json":
        told = [dataclasses.asdict(it) for it in found]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
        return
    if not found:
        click.echo("no cursor is to be seen")
        return
    table = Table(header_style="bold", box=None)
    for heading in ("cursor", "role", "machines", "delivered", "waiting", "oldest", "moved"):
        table.add_column(heading, overflow="fold")
    for it in found:
        waiting = "?" if it.waiting is None else str(it.waiting)
        row = (
            it.name,
            it.role,
            ", ".join(it.machines),
            str(it.delivered),
            f"{waiting} or more" if it.waiting == MOST else waiting,
            f"{it.oldest_at:%Y-%m-%d %H:%M:%S}" if it.oldest_at else "",
            f"{it.updated_at:%Y-%m-%d %H:%M:%S}",
        )
        table.add_row(*map(Text, row))
    console().print(table)
