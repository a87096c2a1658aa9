"""``interlock violations``: writes that broke a rule, by rule, write site and writer."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import psycopg

from pginterlock import server_log, violations
from pginterlock.commands.options import dsn_option
from pginterlock.commands.session import connected, read_moment
from pginterlock.commands.violation_tables import show
from pginterlock.errors import Refused, UsageError
from pginterlock.server_log import LogRefusal
from pginterlock.violation_groups import SAMPLES, Group, Seen, grouped
from pginterlock.violation_trend import LATELY, Buckets, Width, buckets, width_of

_FOUND = 1
_ANY = "any"
_MOST_SAMPLES = 100


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
@click.option(
    "--samples",
    type=click.IntRange(0, _MOST_SAMPLES),
    metavar="N",
    help="Print up to N writes of each line too: the last ones.",
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
    logs: tuple[Path, ...],
    keep: bool,
    since: str | None,
    fail_on: tuple[str, ...],
    samples: int | None,
    dsn: str | None,
    output_format: str,
) -> None:
    """Print the writes that broke a rule, by rule, write site and writer, and their trend.

    From the database: what observe and ratchet recorded and let through, and refusals that were
    kept. From logs, with --from-log: refusals alone; no connection is made unless --keep is given.
    """
    codes = _codes(fail_on)
    if keep and not logs:
        raise UsageError(
            "--keep belongs to --from-log", remedy="interlock violations --from-log FILE"
        )
    most = SAMPLES if samples is None else samples
    if output_format != "json":
        most = max(most, SAMPLES)  # the last message stands in the table
    if logs:
        read = _of_logs(logs, keep=keep, dsn=dsn, machine=machine, since=since, samples=most)
    else:
        with connected(dsn) as connection:
            since_at = read_moment(connection, since) if since else None
            seen = violations.seen(connection, machine, since_at, samples=most)
        read = grouped(seen, most), since_at
    found, since_at = read
    show(found, _buckets(found, since_at, is_of_log=bool(logs)), output_format, samples or 0)
    ctx.exit(_FOUND if any(_is_bad(it, codes) for it in found) else 0)


def _buckets(found: Sequence[Group], since: datetime | None, *, is_of_log: bool) -> Buckets:
    """Return the buckets of the trend: since then, or the day before now, or before a log's end."""
    until = datetime.now(UTC)
    if is_of_log and found:
        until = max(it.last_at for it in found)
    return buckets(since or until - LATELY, until)


def _codes(fail_on: tuple[str, ...]) -> frozenset[str]:
    codes = frozenset(it if it == _ANY else it.upper() for it in fail_on)
    for code in sorted(codes - {_ANY}):
        if code not in Refused.by_code:
            raise UsageError(f"--fail-on {code}: no such rule", remedy="any, or IL01 to IL16.")
    return codes


def _is_bad(group: Group, codes: frozenset[str]) -> bool:
    return _ANY in codes or group.code in codes


def _of_logs(
    logs: Sequence[Path],
    *,
    keep: bool,
    dsn: str | None,
    machine: str | None,
    since: str | None,
    samples: int,
) -> tuple[list[Group], datetime | None]:
    found = itertools.chain.from_iterable(map(server_log.refusals, logs))
    if not keep:
        since_at = _plain_moment(since) if since else None
        return grouped(_chosen(found, machine, since_at), samples), since_at
    with connected(dsn) as connection:
        since_at = read_moment(connection, since) if since else None
        return grouped(_kept(connection, found, machine, since_at), samples), since_at


def _kept(
    connection: psycopg.Connection,
    found: Iterable[LogRefusal],
    machine: str | None,
    since: datetime | None,
) -> Iterator[Seen]:
    wanted = (it for it in found if _is_wanted(it, machine, since))
    yield from violations.of_log(violations.keep(connection, wanted), _width(since))


def _chosen(
    found: Iterable[LogRefusal], machine: str | None, since: datetime | None
) -> Iterator[Seen]:
    wanted = (it for it in found if _is_wanted(it, machine, since))
    yield from violations.of_log(wanted, _width(since))


def _width(since: datetime | None) -> Width:
    return width_of(since, datetime.now(UTC)) if since else Width.HOUR


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
