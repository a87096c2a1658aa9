"""``interlock violations``: what broke a rule, refused or let through, by rule and writer."""

import dataclasses
import gzip
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

import click
from rich.table import Table
from rich.text import Text

from pginterlock import attempted, server_log
from pginterlock.attempted import AttemptGroup
from pginterlock.commands.options import dsn_option, format_option, since_option
from pginterlock.commands.session import connected, console, moment_of
from pginterlock.errors import Refused, UsageError
from pginterlock.report import key_text
from pginterlock.server_log import Lines, LoggedRefusal

_FOUND = 1
_GZIP = b"\x1f\x8b"
_SOURCES = {"observed": "let through", "client": "refused (client)", "log": "refused (log)"}
_EXAMPLE = "Example: interlock violations booking --since yesterday --fail-on any"


@click.command(epilog=_EXAMPLE)
@click.argument("machine", required=False)
@click.option(
    "--from-log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Read a log of the server (csvlog or jsonlog, gzipped or not) instead of the database; "
    "may be given again.",
)
@click.option("--keep", is_flag=True, help="With --from-log: hand what is found to the database.")
@since_option
@click.option(
    "--fail-on",
    metavar="CODE,...",
    help="Exit 1 when one of these rules was broken (IL01,IL04), or `any`.",
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
    fail_on: str | None,
    dsn: str | None,
    output_format: str,
) -> None:
    """Print what broke a rule, grouped by rule, writer and the place it came from.

    Let through by a machine that observes; or refused, as clients (pginterlock.refusals) and logs
    of the server tell: a refused write leaves nothing in its own transaction.
    """
    codes = _codes(fail_on)
    if logs:
        if since:
            raise UsageError("--since goes with the database: a log is read whole")
        found = _of_logs(logs, machine, dsn if keep else None, keep=keep)
    elif keep:
        raise UsageError("--keep goes with --from-log")
    else:
        with connected(dsn) as connection:
            since_at = moment_of(connection, since) if since else None
            found = attempted.kept(connection, machine, since_at)
    if output_format == "json":
        told = [{**dataclasses.asdict(it), "place": it.place} for it in found]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=str))
    else:
        console().print(_table(found))
    ctx.exit(_FOUND if any(it.code in codes for it in found) else 0)


def _codes(fail_on: str | None) -> frozenset[str]:
    if fail_on is None:
        return frozenset()
    if fail_on == "any":
        return frozenset(Refused.by_code)
    codes = frozenset(it.strip() for it in fail_on.split(","))
    if unknown := sorted(codes - set(Refused.by_code)):
        raise UsageError(
            f"--fail-on: {unknown[0]!r} is no rule code",
            remedy=f"There are: any, {', '.join(sorted(Refused.by_code))}.",
        )
    return codes


def _of_logs(
    logs: Sequence[Path], machine: str | None, dsn: str | None, *, keep: bool
) -> list[AttemptGroup]:
    refusals = (it for path in logs for it in _read(path))
    wanted = (it for it in refusals if machine is None or it.detail["machine"] == machine)
    if not keep:
        return attempted.logged(wanted)
    with connected(dsn) as connection:
        return attempted.logged(attempted.keep(connection, wanted))


def _read(path: Path) -> Iterator[LoggedRefusal]:
    missed = Lines()
    with _opened(path) as stream:
        try:
            yield from server_log.refusals(stream, str(path), missed)
        except (OSError, EOFError) as error:
            raise UsageError(f"{path} cannot be read to its end: {error}") from None
    if missed.broken:
        click.echo(
            f"  {path}: {missed.broken} lines could not be read, the first is line {missed.first}",
            err=True,
        )


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with ExitStack() as opened:
            raw = opened.enter_context(path.open("rb"))
            is_zipped = raw.read(2) == _GZIP
            raw.seek(0)
            stream = opened.enter_context(gzip.open(raw)) if is_zipped else raw
            yield io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _table(found: Sequence[AttemptGroup]) -> Table | Text:
    if not found:
        return Text("no violation")
    table = Table(header_style="bold", box=None)
    headings = ("machine", "rule", "what", "who", "application", "where", "last seen", "rows")
    table.add_column("times", justify="right")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for it in found:
        who = f"{it.actor} ({it.role})" if it.actor else it.role
        cells = [f"{it.count:,}", it.machine, f"{it.code} {it.rule}", _SOURCES[it.source], who]
        cells += [it.application, it.place, it.last, "; ".join(map(key_text, it.samples))]
        table.add_row(*map(Text, cells))
    return table
