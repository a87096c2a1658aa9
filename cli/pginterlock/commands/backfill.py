"""``interlock backfill``: repair the rows that were there before, in batches, after a look."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import psycopg
from rich.console import Console

from pginterlock import backfill
from pginterlock.backfill import Choice, Mirrored, Outlook, Pace, Purpose
from pginterlock.backfill.throttle import Limits
from pginterlock.commands import outlook
from pginterlock.commands.options import dsn_option, format_option, spec_option, yes_option
from pginterlock.commands.progress import Rate
from pginterlock.commands.session import connected, console, read_spec
from pginterlock.errors import UsageError
from pginterlock.waiting import Waiting

_FOUND, _INCOMPLETE = 1, 5


@click.command(epilog="Example: interlock backfill booking --dry-run")
@click.argument("machine")
@spec_option
@dsn_option
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Use this repair only, or those of this rule (a name, or a code as IL12); repeatable.",
)
@click.option("--where", metavar="SQL", help="Look only at rows for which this condition holds.")
@click.option(
    "--max-rows",
    type=click.IntRange(1),
    metavar="N",
    help="Stop after so many repaired rows; the next run goes on from there.",
)
@click.option(
    "--batch-time",
    "target_ms",
    type=click.IntRange(10, 10_000),
    default=200,
    show_default=True,
    metavar="MS",
    help="How long one batch should take: so long its rows are locked.",
)
@click.option(
    "--max-lag",
    "lag_s",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Wait while a replica is further behind.",
)
@click.option(
    "--max-load",
    "active_count",
    type=click.IntRange(0),
    metavar="N",
    help="Wait while more than N other sessions are active.",
)
@click.option(
    "--pause",
    "pause_ms",
    type=click.IntRange(0, 60_000),
    default=0,
    show_default=True,
    metavar="MS",
    help="Rest so long between two batches.",
)
@click.option(
    "--patience",
    "patience_s",
    type=click.FloatRange(0, 86_400),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for lag and load to fall.",
)
@click.option(
    "--lock-timeout",
    "timeout_ms",
    type=click.IntRange(1, 60_000),
    default=100,
    show_default=True,
    metavar="MS",
    help="How long one try waits for a lock on the table.",
)
@click.option(
    "--lock-wait",
    "limit_s",
    type=click.FloatRange(0, 86_400),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to keep trying for locks, and for rows that others hold.",
)
@click.option(
    "--history",
    "is_of_history",
    is_flag=True,
    help="Repair nothing: reconstruct entries, from the stamps of rows that have none.",
)
@click.option("--quarantine", is_flag=True, help="List the rows that could not be repaired.")
@yes_option
@format_option
@click.pass_context
def command(
    ctx: click.Context,
    machine: str,
    spec_path: Path | None,
    dsn: str | None,
    dry_run: bool,
    only: tuple[str, ...],
    where: str | None,
    max_rows: int | None,
    target_ms: int,
    lag_s: float | None,
    active_count: int | None,
    pause_ms: int,
    patience_s: float,
    timeout_ms: int,
    limit_s: float,
    is_of_history: bool,
    quarantine: bool,
    yes: bool,
    output_format: str,
) -> None:
    """Repair rows of MACHINE that were there before it, and break its rules.

    By the repairs of the spec first, then by what the rules propose. It begins with a look: which
    rows, by which repair, before and after. Each repaired row is recorded in the history, each
    batch in interlock.backfill_batch. Interrupted, it goes on from there when run again.
    """
    spec = read_spec(spec_path)
    as_json = output_format == "json"
    with connected(dsn) as connection:
        if quarantine:
            _list(connection, machine, as_json=as_json)
            return
        asked = backfill.prepare(connection, spec, machine, Choice(only, where))
        if is_of_history:
            _demand_plain(only, where, dry_run=dry_run)
        elif _looked(connection, asked, dry_run=dry_run, yes=yes, as_json=as_json):
            ctx.exit(_FOUND)
        if dry_run:
            return
        limits = Limits(lag_s, active_count, pause_ms / 1000, patience_s)
        pace = Pace(target_ms, max_rows, Waiting(timeout_ms, limit_s), limits)
        with Rate(asked.row_estimate, "rows") as rate:
            done, mirrored = None, []
            if asked.repairing.repairs or is_of_history:
                done = backfill.run(
                    connection,
                    asked,
                    pace,
                    purpose=Purpose.HISTORY if is_of_history else Purpose.ROWS,
                    progress=lambda job: rate.update(job.scanned, job.repaired),
                    say=rate.say,
                )
            if (done is None or done.is_whole) and not is_of_history:
                mirrored = backfill.set_mirrors(connection, asked, pace, rate.say)
    ctx.exit(_tell(machine, done, mirrored, is_of_history=is_of_history, as_json=as_json))


def _looked(
    connection: psycopg.Connection,
    asked: backfill.Asked,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> bool:
    """Show what would be done, and ask; return whether that is all, and there is something."""
    found = backfill.look(connection, asked)
    mirrored = backfill.disagreeing(connection, asked)
    outlook.show(found, mirrored, as_json=as_json and dry_run, to_stderr=not dry_run)
    backfill.demand_harmless(found)
    if dry_run:
        return bool(found.repaired or found.unrepaired or mirrored)
    if (found.repaired or mirrored) and not yes:
        _confirm(found, mirrored, asked)
    return False


def _demand_plain(only: tuple[str, ...], where: str | None, *, dry_run: bool) -> None:
    if only or where or dry_run:
        raise UsageError(
            "--history is about all rows without an entry: no --only, --where or --dry-run",
            remedy="interlock backfill MACHINE --history",
        )


def _confirm(found: Outlook, mirrored: Sequence[Mirrored], asked: backfill.Asked) -> None:
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to ask", remedy="Say --yes to repair without a question.")
    told = [f"{outlook.rows_text(found.repaired)} of {asked.it.table.name}"] * bool(found.repaired)
    told += [f"{outlook.rows_text(it.row_count)} of {it.table}" for it in mirrored]
    click.confirm(
        f"Repair {' and '.join(told)}?",
        abort=True,
        err=True,
    )


def _tell(
    machine: str,
    done: backfill.Done | None,
    mirrored: Sequence[Mirrored],
    *,
    is_of_history: bool,
    as_json: bool,
) -> int:
    """Tell what was done; *done* is None where mirrors alone were chosen."""
    if as_json:
        told = {
            "machine": machine,
            "job": done.job.id if done else None,
            "repaired": done.repaired if done else 0,
            "quarantined": done.quarantined if done else 0,
            "locked": done.locked if done else 0,
            "is_whole": done.is_whole if done else True,
            "mirrors": outlook.mirrors_json(mirrored),
        }
        click.echo(json.dumps(told, indent=2))
        return _code(done)
    screen = console()
    if done:
        _tell_rows(screen, machine, done, is_of_history=is_of_history)
    for it in (it for it in mirrored if it.row_count):
        count = outlook.rows_text(it.row_count)
        screen.print(f"{it.table}: {count} set (mirror {it.name})", style="green", markup=False)
    return _code(done)


def _code(done: backfill.Done | None) -> int:
    if done is None:
        return 0
    if not done.is_whole or done.locked:
        return _INCOMPLETE
    return _FOUND if done.quarantined else 0


def _tell_rows(screen: Console, machine: str, done: backfill.Done, *, is_of_history: bool) -> None:
    did = "got entries of their past" if is_of_history else "repaired"
    screen.print(
        f"{machine}: {outlook.rows_text(done.repaired)} {did} (job {done.job.id})", style="green"
    )
    if done.quarantined:
        screen.print(
            f"{outlook.rows_text(done.quarantined)} could not be repaired:"
            f" interlock backfill {machine} --quarantine",
            style="yellow",
        )
    if done.locked:
        screen.print(
            f"{outlook.rows_text(done.locked)} held by others all the time: run it again",
            style="yellow",
        )
    if not done.is_whole:
        screen.print("stopped at --max-rows: run it again to go on", style="yellow")


def _list(connection: psycopg.Connection, machine: str, *, as_json: bool) -> None:
    rows = backfill.quarantine(connection, machine)
    if as_json:
        told = [{"key": r["key"], "rules": r["rules"], "reason": r["reason"]} for r in rows]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    screen = console()
    for row in rows:
        key = ", ".join(f"{name}={value}" for name, value in row["key"].items())
        rules = f" [{', '.join(row['rules'])}]" if row["rules"] else ""
        screen.print(f"{key}: {row['reason']}{rules}", markup=False)
    screen.print(f"{outlook.rows_text(len(rows))} could not be repaired")
