"""``interlock history``: print the life of a row, what an actor did, a row at a point in time."""

import json
from collections.abc import Sequence
from datetime import datetime

import click
from rich.table import Table
from rich.text import Text

from pginterlock import audit
from pginterlock.audit import Entry, Standing, Wanted
from pginterlock.commands.options import dsn_option
from pginterlock.commands.session import connected, console, read_moment
from pginterlock.errors import UsageError
from pginterlock.report import markdown_table

_NOTHING = 1
_LIMIT = 200
_HEADINGS = ("when", "what", "state", "changed", "actor", "reason", "by", "from where")


@click.command(epilog="Example: interlock history booking 42 --at '2026-03-01 12:00+01'")
@click.argument("machine", required=False)
@click.argument("key", nargs=-1)
@click.option("--at", "at", metavar="TIME", help="How the row stood then, by what is recorded.")
@click.option("--actor", metavar="ACTOR", help="Only what this actor did (as claimed or signed).")
@click.option("--since", metavar="TIME", help="Only transactions that began since then.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=_LIMIT,
    show_default=True,
    help="At most so many entries, the newest, where no key is given.",
)
@dsn_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How to print the result.",
)
@click.pass_context
def command(
    ctx: click.Context,
    machine: str | None,
    key: tuple[str, ...],
    at: str | None,
    actor: str | None,
    since: str | None,
    limit: int,
    dsn: str | None,
    output_format: str,
) -> None:
    """Print the life of one row: every move, who made it, and what changed with it.

    A key of several columns is given as several values. Without a key: the newest entries of a
    machine, or of all. A TIME is anything that PostgreSQL reads; without a zone it is taken in
    that of the session. Exit code 1 when there is nothing to print.
    """
    if at and not key:
        raise UsageError(
            "--at asks how one row stood, and no key was given",
            remedy="interlock history MACHINE KEY --at TIME",
        )
    with connected(dsn) as connection:
        if at:
            then = read_moment(connection, at)
            lived = audit.history(connection, machine or "", key)
            then_stood = audit.standing(lived, then)
            _print_standing(f"{machine} {'/'.join(key)}", then, then_stood, output_format)
            ctx.exit(0 if then_stood.state is not None else _NOTHING)
        since_at = read_moment(connection, since) if since else None
        wanted = Wanted(key, actor, since_at, None if key else limit + 1)
        names = [machine] if machine else list(audit.machines(connection))
        found = [it for name in names for it in audit.entries(connection, name, wanted)]
    found.sort(key=lambda it: (it.clock_at, it.machine, it.id))
    if not key and len(found) > limit:
        found = found[-limit:]
        click.echo(f"  the newest {limit}; there are older ones (--limit, --since)", err=True)
    _print_entries(" ".join(filter(None, [machine, "/".join(key)])), found, output_format, key)
    ctx.exit(0 if found else _NOTHING)


def _print_entries(title: str, found: Sequence[Entry], output_format: str, key: object) -> None:
    if output_format == "json":
        _echo_json([audit.told(it) for it in found])
    elif output_format == "markdown":
        headings, rows = _cells(found, is_one_row=bool(key))
        click.echo(markdown_table(headings, rows))
    else:
        console().print(timeline(title, found, is_one_row=bool(key)))


def _print_standing(title: str, then: datetime, stood: Standing, output_format: str) -> None:
    if output_format == "json":
        entry = stood.entry and audit.told(stood.entry)
        _echo_json({"at": then, "state": stood.state, "columns": stood.columns, "entry": entry})
        return
    rows = [("state", stood.state or _absence(stood))]
    rows += [(name, _value(value)) for name, value in stood.columns.items()]
    if stood.entry:
        last = stood.entry
        rows.append(("since", f"{last.clock_at:%Y-%m-%d %H:%M:%S} ({last.event or last.kind})"))
    if output_format == "markdown":
        click.echo(markdown_table(("", f"{title} at {then}"), rows))
        return
    table = Table(title=f"{title} at {then}", title_justify="left", show_header=False, box=None)
    for row in rows:
        table.add_row(*map(Text, row))
    console().print(table)


def _absence(stood: Standing) -> str:
    if stood.entry:
        return "(deleted)"
    return "(not there, or not recorded yet)"


def _echo_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def timeline(title: str, found: Sequence[Entry], *, is_one_row: bool = True) -> Table | Text:
    """Return entries as a table, oldest first."""
    if not found:
        return Text(f"{title} has no history" if title else "no entry")
    headings, rows = _cells(found, is_one_row=is_one_row)
    table = Table(title=title, title_justify="left", header_style="bold", box=None)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _cells(
    found: Sequence[Entry], *, is_one_row: bool
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the headings and the rows of a table of entries."""
    rows: list[tuple[str, ...]] = [
        (
            f"{it.at:%Y-%m-%d %H:%M:%S}",
            _what(it),
            _move(it),
            "\n".join(
                f"{n}: {_value(old)} -> {_value(new)}" for n, (old, new) in it.changed.items()
            ),
            _who(it),
            it.reason or "",
            it.set_role or it.session_role,
            " ".join(filter(None, [it.application_name, it.client_address])),
        )
        for it in found
    ]
    if is_one_row:
        return _HEADINGS, rows
    named = [f"{it.machine} {'/'.join(map(str, it.key.values()))}" for it in found]
    return (
        (_HEADINGS[0], "row", *_HEADINGS[1:]),
        [(when, name, *rest) for name, (when, *rest) in zip(named, rows, strict=True)],
    )


def _what(it: Entry) -> str:
    """Return the event, and who approved of it; of what a bypass let through, that it did."""
    if it.event and it.kind in audit.LET_THROUGH:
        return f"{it.event} ({it.kind})"
    approved = [f"{a.person} ({a.reason})" if a.reason else a.person for a in it.approvals]
    return "\napproved by ".join([it.event or it.kind, *approved])


def _who(it: Entry) -> str:
    """Return the actor; of a reaction, who wrote the row that it moved, too."""
    return f"{it.actor} ({it.claimed_actor})" if it.claimed_actor else it.actor or ""


def _changed(it: Entry) -> str:
    return "\n".join(
        f"{name}: {_value(old)} -> {_value(new)}" for name, (old, new) in it.changed.items()
    )


def _move(it: Entry) -> str:
    if it.from_state == it.to_state:
        return it.to_state or ""
    return f"{it.from_state or '(new)'} -> {it.to_state or '(deleted)'}"


def _value(value: object) -> str:
    return "null" if value is None else str(value)
