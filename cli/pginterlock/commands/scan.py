"""``interlock scan``: every place in a code base that writes the columns of a machine."""

from collections.abc import Sequence
from pathlib import Path

import click

from pginterlock.commands.options import dsn_option, spec_option
from pginterlock.commands.scan_options import (
    ANY,
    UNREAD,
    Asked,
    ScanCommand,
    asked_for,
    fail_words,
    unknown_models,
)
from pginterlock.commands.scan_output import FORMATS, printed
from pginterlock.commands.scan_progress import Steps
from pginterlock.commands.scan_steps import (
    accepting,
    bare,
    cache_folder,
    observing,
    read_baselines,
    read_comments,
)
from pginterlock.commands.screen import Progress
from pginterlock.errors import UsageError
from pginterlock.scan.advice import advice
from pginterlock.scan.engine import scan
from pginterlock.scan.figures import figures
from pginterlock.scan.judged import Code, judged
from pginterlock.scan.report import Report
from pginterlock.scan.site import Scanned

_FOUND, _UNREAD = 1, 2


@click.command(
    cls=ScanCommand, epilog="Example: interlock scan src --format markdown > write-map.md"
)
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH...",
    type=click.Path(path_type=Path, exists=True),
)
@spec_option
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="Without a spec: a class that maps a table (Order, shop.Order); repeatable.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME",
    help="A column of the --model before it, the state first; repeatable.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How to print the map.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Exit 1 when there is a write site that FILE does not hold.",
)
@click.option(
    "--write-baseline",
    "new_baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the sites of now to FILE.",
)
@click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    metavar="WORD",
    help="Exit 1 when this is found: never-allowed, stamp-without-state, missing-stamp,"
    " unprotected, authority, new, unread, or any; repeatable.",
)
@click.option(
    "--with-db", is_flag=True, help="Say which sites were seen at run time, and who else."
)
@dsn_option
@click.option("--no-cache", is_flag=True, help="Read every file anew, and keep nothing.")
@click.option(
    "--cache-dir",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where to keep what was read. Default: interlock in XDG_CACHE_HOME or ~/.cache.",
)
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    spec_path: Path | None,
    models: tuple[str, ...],
    columns: tuple[str, ...],
    output_format: str,
    baseline: Path | None,
    new_baseline: Path | None,
    fail_on: tuple[str, ...],
    with_db: bool,
    dsn: str | None,
    no_cache: bool,
    cache_dir: Path | None,
) -> None:
    """Print every place in a code base that writes the columns of a machine.

    PATH are Python and SQL files, or folders of them. Without --model the machines are those of
    the spec in the nearest folder at or above PATH, else of the one that the other commands take.
    A comment at its line accepts a site: `# interlock: ok REASON`, in SQL `-- interlock: ok
    REASON`. Exit code 0 whatever is found, for it is a map; 1 when there is what --baseline or
    --fail-on ask for; 2 when a file cannot be read, or there is nothing to look at or for.
    """
    words = fail_words(fail_on, has_baseline=baseline is not None)
    paths = tuple(map(_from_here, paths))
    kept = read_baselines(baseline, new_baseline)
    asked = asked_for(ctx, paths, spec_path, models, columns)
    cache = None if no_cache else cache_dir or cache_folder()
    say = Progress()
    with Steps() as progress:
        scanned = scan(paths, asked.targets, cache=cache, progress=progress)
    _check(scanned, asked, paths)
    comments = read_comments(scanned.sites)
    sites = judged(
        scanned.sites,
        asked.machines,
        roots=[str(it) for it in paths],
        accepted=accepting(comments),
        states=asked.states,
    )
    sites, gone = kept.compare(sites)
    foreign = None
    if with_db:
        say("asking the database who writes")
        sites, foreign = observing(sites, asked.machines, paths, dsn)
    kept.write(sites, scanned.unread)
    found = figures(sites)
    report = Report(
        asked.subjects,
        found,
        advice(found, asked.machines, foreign or ()),
        tuple(scanned.unread),
        scanned.files,
        scanned.lines,
        (*asked.notes(scanned, found), *bare(comments)),
        foreign,
        gone,
    )
    printed(report, output_format)
    if kept.is_unread(scanned.unread):
        ctx.exit(_FOUND if words & {ANY, UNREAD} else _UNREAD)
    ctx.exit(_FOUND if any(_counts(it, words) for it in report.figures.findings) else 0)


def _from_here(path: Path) -> Path:
    """Return *path* as seen from the current folder where it lies in it: so files are named."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def _counts(code: Code, words: frozenset[str]) -> bool:
    return code.value in words or ANY in words


def _check(scanned: Scanned, asked: Asked, paths: Sequence[Path]) -> None:
    """Raise UsageError where nothing was there to be looked at, or a model that was asked for."""
    if not scanned.files and not scanned.unread:
        told = ", ".join(map(str, paths))
        raise UsageError(f"no Python and no SQL in {told}", remedy="Name a folder of code.")
    if asked.is_by_name and (missing := unknown_models(scanned)):
        raise UsageError(missing, remedy="--model NAME is a class that maps a table.")
