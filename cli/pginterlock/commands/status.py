"""``interlock status``: how each machine stands, in a second."""

import dataclasses
import json

import click
from rich.table import Table
from rich.text import Text

from pginterlock import migrate
from pginterlock.commands.options import dsn_option, format_option
from pginterlock.commands.session import connected, console
from pginterlock.status import MOST, MachineStatus, Status, status

_FOUND = 1
_HEADINGS = ("machine", "table", "version", "mode", "rows", "broken in 24 h", "since", "by")


@click.command(epilog="Example: interlock status --format json")
@dsn_option
@format_option
@click.pass_context
def command(ctx: click.Context, dsn: str | None, output_format: str) -> None:
    """Print how each machine stands: version, mode, open bypasses, repairs, drift, seal, cursors.

    It reads the catalog and the registry, and no row of a table; rows are estimates. What takes
    longer is for verify. Exit code 1 when something needs attention.
    """
    with connected(dsn) as connection:
        found = status(connection)
    if output_format == "json":
        click.echo(_json(found))
    else:
        _show(found)
    ctx.exit(_FOUND if found.needs_attention else 0)


def _json(found: Status) -> str:
    machines = []
    for it in found.machines:
        told = dataclasses.asdict(it)
        told["rule_modes"] = dict(it.rule_modes)
        machines.append({**told, "needs_attention": it.needs_attention})
    return json.dumps(
        {
            "format": "interlock status 1",
            **dataclasses.asdict(found),
            "machines": machines,
            "needs_attention": found.needs_attention,
        },
        indent=2,
        ensure_ascii=False,
        default=str,
    )


def _show(found: Status) -> None:
    screen = console()
    if not found.machines:
        click.echo(f"no machine is installed in database {found.database}")
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for heading in _HEADINGS:
            table.add_column(heading, overflow="fold")
        for it in found.machines:
            table.add_row(*map(Text, _cells(it)))
        screen.print(table)
    if not found.is_current:
        remedy = "interlock apply" if migrate.knows(found.revision) else migrate.AHEAD
        _say("attention", f"schema interlock is of revision {found.revision}: {remedy}")
    for it in found.machines:
        _show_attention(it)
    if found.seal:
        _say(
            "seal",
            f"{found.seal.number}, of {found.seal.sealed_at:%Y-%m-%d %H:%M:%S};"
            f" {found.seal.total_count:,} entries are sealed",
        )
    for cursor in found.cursors:
        waiting = "an unknown number of" if cursor.waiting is None else f"{cursor.waiting:,}"
        more = " or more" if cursor.waiting == MOST else ""
        _say("cursor", f"{cursor.name} ({cursor.role}): {waiting}{more} entries wait")
    for relation in found.unreadable:
        _say("skipped", f"{relation} may not be read by this role")


def _cells(it: MachineStatus) -> tuple[str, ...]:
    modes = ", ".join(f"{rule} {mode}" for rule, mode in it.rule_modes)
    broken = "?" if it.violations is None else f"{it.violations:,}"
    return (
        it.machine,
        it.table,
        str(it.version),
        f"{it.mode} ({modes})" if modes else it.mode,
        f"about {it.row_estimate:,}",
        f"{broken} or more" if it.violations == MOST else broken,
        f"{it.applied_at:%Y-%m-%d %H:%M:%S}",
        it.applied_by,
    )


def _show_attention(it: MachineStatus) -> None:
    for one in it.bypasses:
        _say(
            "attention",
            f"{it.machine}: bypass {one.bypass_id} ({one.kind}) is open for {one.whom} until"
            f" {one.until_at:%Y-%m-%d %H:%M:%S}: {one.reason}",
        )
    for job in it.jobs:
        _say(
            "attention",
            f"{it.machine}: backfill job {job.job_id} of {job.started_at:%Y-%m-%d %H:%M:%S}"
            " is not finished",
        )
    for words in it.drift:
        _say("attention", f"{it.machine}: {words} (interlock verify, interlock apply)")


def _say(word: str, text: str) -> None:
    style = {"attention": "bold yellow", "skipped": "yellow"}.get(word, "dim")
    console().print(Text.assemble((f"{word:9}", style), " ", text))
