"""``interlock violations``: writes that broke a rule, by rule, write site and writer."""

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import click
import psycopg
from rich.table import Table
from rich.text import Text

from pginterlock import server_log, violations
from pginterlock.commands.options import dsn_option, format_option
from pginterlock.commands.session import connected, console, read_moment
from pginterlock.errors import Refused, UsageError
from pginterlock.server_log import LogRefusal
from pginterlock.violation_groups import Group, Seen, Source, group_dict, grouped

_FOUND = 1
_ANY = "any"
_HEADINGS = (
    "count",
    "rule",
    "machine",
    "write site",
    "role",
    "actors",
    "first",
    "last",
    "last said",
)
_SHOWN_ACTORS = 3
_TOLD = {
    Source.RECORDED: "Let through, and recorded",
    Source.CLIENT: "Refused, as clients reported",
    Source.LOG: "Refused, as the server's log tells",
}


@click.command(epilog="Example: interlock violations booking --since yesterday --fail-on any")
@click.argument("machine", required=False)
@click.option(
    "--from-log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read refusals from a csvlog or jsonlog of the server, also gzipped; repeatable.",
)
@click.option("--keep", is_flag=True, help="With --from-log: hand them into interlock.refusal too.")
@click.option("--since", metavar="TIME", help="Only what happened since then.")
@click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    metavar="CODE",
    help="Exit 1 when there is one of this rule (IL01), or of any; repeatable.",
)
@dsn_option
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    machine: str | None,
    logs: tuple[Path, ...],
    keep: bool,
    since: str | None,
    fail_on: tuple[str, ...],
    dsn: str | None,
    output_format: str,
) -> None:
    """Print the writes that broke a rule, by rule, write site and writer.

    From the database: what observe and ratchet recorded and let through, and refusals that were
    kept. From logs, with --from-log: refusals alone; no connection is made unless --keep is given.
    """
    codes = _codes(fail_on)
    if keep and not logs:
        raise UsageError(
            "--keep belongs to --from-log", remedy="interlock violations --from-log FILE"
        )
    if logs:
        found = _of_logs(logs, keep=keep, dsn=dsn, machine=machine, since=since)
    else:
        with connected(dsn) as connection:
            since_at = read_moment(connection, since) if since else None
            found = grouped(violations.seen(connection, machine, since_at))
    _print(found, output_format)
    ctx.exit(_FOUND if any(_is_bad(it, codes) for it in found) else 0)


def _codes(fail_on: tuple[str, ...]) -> frozenset[str]:
    codes = frozenset(it if it == _ANY else it.upper() for it in fail_on)
    for code in sorted(codes - {_ANY}):
        if code not in Refused.by_code:
            raise UsageError(f"--fail-on {code}: no such rule", remedy="any, or IL01 to IL16.")
    return codes


def _is_bad(group: Group, codes: frozenset[str]) -> bool:
    return _ANY in codes or group.code in codes


def _of_logs(
    logs: Sequence[Path], *, keep: bool, dsn: str | None, machine: str | None, since: str | None
) -> list[Group]:
    found = itertools.chain.from_iterable(map(server_log.refusals, logs))
    if not keep:
        return grouped(_chosen(found, machine, _plain_moment(since) if since else None))
    with connected(dsn) as connection:
        since_at = read_moment(connection, since) if since else None
        return grouped(_kept(connection, found, machine, since_at))


def _kept(
    connection: psycopg.Connection,
    found: Iterable[LogRefusal],
    machine: str | None,
    since: datetime | None,
) -> Iterator[Seen]:
    wanted = (it for it in found if _is_wanted(it, machine, since))
    yield from violations.of_log(violations.keep(connection, wanted))


def _chosen(
    found: Iterable[LogRefusal], machine: str | None, since: datetime | None
) -> Iterator[Seen]:
    yield from violations.of_log(it for it in found if _is_wanted(it, machine, since))


def _is_wanted(it: LogRefusal, machine: str | None, since: datetime | None) -> bool:
    return machine in (None, it.refused.machine) and (since is None or it.at >= since)


def _plain_moment(text: str) -> datetime:
    """Read a time without a server; without a zone it is one of this machine."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no point in time that can be read without a database",
            remedy="For example: 2026-03-01 12:00+01:00, 2026-03-01T11:00:00Z.",
        ) from None
    if read.tzinfo is not None:
        return read
    taken = read.astimezone()
    click.echo(f"  {text!r} is taken as {taken} ({taken.tzname()})", err=True)
    return taken


def _print(found: Sequence[Group], output_format: str) -> None:
    if output_format == "json":
        told = {"format": "interlock violations 1", "groups": [group_dict(it) for it in found]}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
        return
    if not found:
        click.echo("no write is known that broke a rule")
        return
    for source, title in _TOLD.items():
        if some := [it for it in found if it.source is source]:
            console().print(_table(f"{title}: {sum(it.count for it in some):,}", some))


def _table(title: str, found: Sequence[Group]) -> Table:
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(
            heading, overflow="fold", justify="right" if heading == "count" else "left"
        )
    for it in found:
        cells = (
            f"{it.count:,}",
            f"{it.code} {it.rule}",
            it.machine,
            it.site.label,
            it.role,
            _actors(it),
            f"{it.first_at:%Y-%m-%d %H:%M:%S}",
            f"{it.last_at:%Y-%m-%d %H:%M:%S}",
            it.samples[-1].message if it.samples else "",
        )
        table.add_row(*map(Text, cells))
    return table


def _actors(group: Group) -> str:
    first = [f"{actor} {count:,}" for actor, count in group.actors.most_common(_SHOWN_ACTORS)]
    more = len(group.actors) - len(first)
    return ", ".join([*first, *([f"{more} more"] if more > 0 else [])])
