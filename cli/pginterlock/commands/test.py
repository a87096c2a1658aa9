"""``interlock test``: run pgTAP files, a fresh database for each."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich import box
from rich.markup import escape
from rich.table import Table

from pginterlock import database, embedded, pgtap
from pginterlock.commands import generating
from pginterlock.commands.generating import DEFAULT_FOLDER
from pginterlock.commands.options import spec_option
from pginterlock.commands.progress import Counter
from pginterlock.commands.session import console
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.pgtap import Result, Totals, Verdict

_FOUND = 1
_DEFAULT_PATH = Path("pgtests")
_MOST_JOBS = 8
_WORDS = {Verdict.SKIPPED: "skipped", Verdict.TODO: "TODO", Verdict.BONUS: "TODO, and passed"}


@click.command(epilog="Example: interlock test pgtests/ --format junit --output pgtap.xml")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATHS]...")
@click.option(
    "--dsn",
    default=embedded.PREFIX,
    show_default=True,
    metavar="DSN",
    help="The server: a URL, a libpq string, or embedded:[FOLDER]. Databases are made on it and "
    "dropped again; those that are there are left alone.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"How many files run at once. Default: the number of processors, at most {_MOST_JOBS}.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "tap", "junit"]),
    default="text",
    show_default=True,
    help="How to print the result.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the result to a file; stdout gets the text.",
)
@click.option(
    "--time-limit",
    "time_limit_s",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Stop a file that takes longer.",
)
@click.option(
    "--generate",
    "folder",
    is_flag=False,
    flag_value=DEFAULT_FOLDER,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="[DIR]",
    help=f"Write tests from the spec into DIR: every move of states x states, every rule. Without "
    f"DIR: {DEFAULT_FOLDER}. The tables are those of --schema, else of the database of --dsn.",
)
@click.option("--run", "is_run", is_flag=True, help="With --generate: run what was written.")
@spec_option
@click.option(
    "--schema",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="With --generate: an SQL file that makes the tables; may be given several times.",
)
@click.option(
    "--samples",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="With --generate: YAML with values for columns, where none are found.",
)
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    dsn: str,
    jobs: int | None,
    output_format: str,
    output: Path | None,
    time_limit_s: float,
    folder: Path | None,
    is_run: bool,
    spec_path: Path | None,
    schema: tuple[Path, ...],
    samples: Path | None,
) -> None:
    """Run pgTAP files, a fresh database for each; with --generate write them from the spec.

    PATHS are files, or folders whose *.sql are run, without those in a folder "fixtures"; the
    default is pgtests/. Every database holds pgTAP and schema interlock. pg_prove runs the same
    files.

    Exit code 0 when all passed, 1 when one did not, 2 when there is no file, 3 when there is no
    server or no pgTAP.
    """
    if folder is None and (is_run or spec_path or schema or samples):
        raise UsageError("--run, --spec, --schema and --samples go with --generate")
    if folder is not None:
        if paths:
            raise UsageError("--generate writes files: it takes no PATHS beside its folder")
        generating.write(generating.Wanted(folder, spec_path, schema, samples, dsn))
        if not is_run:
            return
        paths, dsn = (folder,), embedded.PREFIX
    files = pgtap.find_files(paths or [_DEFAULT_PATH])
    if output and not output.absolute().parent.is_dir():
        raise UsageError(f"{output}: there is no such folder", remedy="Make it, or name another.")
    with _server(dsn, time_limit_s) as server, Counter(len(files), "pgTAP files") as counter:
        results = pgtap.run_files(
            files, server, jobs=jobs or _default_jobs(), on_result=lambda _: counter.advance()
        )
    ran = {result.file for result in results}
    not_run = [str(file) for file in files if file not in ran]
    text = _formatted(output_format, results, not_run)
    if output is None and text is not None:
        click.echo(text, nl=False)
    else:
        _show(results, not_run)
    if output:
        _write(output, text if text is not None else _plain(results, not_run))
    ctx.exit(0 if not not_run and all(it.has_passed for it in results) else _FOUND)


def _default_jobs() -> int:
    return min(os.cpu_count() or 1, _MOST_JOBS)


@contextmanager
def _server(dsn: str, time_limit_s: float) -> Iterator[pgtap.Server]:
    """Yield the server that is asked for, with a template on it."""
    if dsn.startswith(embedded.PREFIX):
        folder = dsn.removeprefix(embedded.PREFIX)
        with embedded.running(folder=Path(folder) if folder else None) as running:
            psql = pgtap.find_psql(running.bin_dir)
            with pgtap.template(running.dsn()) as name:
                yield pgtap.Server(running.dsn(), name, psql, time_limit_s)
        return
    found = database.find_dsn(dsn)
    with pgtap.template(found) as name:
        yield pgtap.Server(found, name, pgtap.find_psql(), time_limit_s)


def _formatted(output_format: str, results: Sequence[Result], not_run: Sequence[str]) -> str | None:
    match output_format:
        case "tap":
            return pgtap.to_tap(results, not_run=not_run)
        case "junit":
            return pgtap.to_junit(results, not_run=not_run)
        case _:
            return None


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EnvironmentFault(f"{output} cannot be written: {error.strerror}") from None


def _show(results: Sequence[Result], not_run: Sequence[str]) -> None:
    screen = console()
    if not screen.is_terminal:
        click.echo(_plain(results, not_run), nl=False)
        return
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    table.add_column("file")
    table.add_column("tests")
    table.add_column("seconds", justify="right")
    table.add_column("remarks")
    for it in results:
        word = "[green]passed[/]" if it.has_passed else "[bold red]FAILED[/]"
        counted, remarks = _counted(it), escape(", ".join(_remarks(it)))
        table.add_row(word, escape(str(it.file)), counted, f"{it.seconds:.2f}", remarks)
    for file in not_run:
        table.add_row("[yellow]not run[/]", escape(file), "", "", "")
    screen.print(table)
    for it in results:
        for line in _told(it):
            screen.print(escape(line), style="red" if line.startswith("not ok") else "")
    style = "green" if not not_run and all(it.has_passed for it in results) else "red"
    screen.print(escape(_summary(results, not_run)), style=f"bold {style}")


def _plain(results: Sequence[Result], not_run: Sequence[str]) -> str:
    width = max(len(str(it.file)) for it in results)
    lines: list[str] = []
    for it in results:
        word = "passed" if it.has_passed else "FAILED"
        remarks = "".join(f", {remark}" for remark in _remarks(it))
        counted = f"{_counted(it)}{remarks}"
        lines.append(f"{word}  {it.file!s:{width}}  {counted}, {it.seconds:.2f} s")
        lines += [f"    {line}" for line in _told(it, with_name=False)]
    lines += [f"not run {file}" for file in not_run]
    lines.append(_summary(results, not_run))
    return "\n".join(lines) + "\n"


def _counted(result: Result) -> str:
    count, planned = len(result.outcome.tests), result.outcome.planned
    if planned in (None, count):
        return _number(count, "test")
    return f"{count} of {_number(planned or 0, 'test')}"


def _remarks(result: Result) -> list[str]:
    if result.outcome.skip_all is not None:
        return [f"skipped: {result.outcome.skip_all}"]
    counts = {verdict: len(result.outcome.of(verdict)) for verdict in _WORDS}
    return [f"{count} {_WORDS[verdict]}" for verdict, count in counts.items() if count]


def _told(result: Result, *, with_name: bool = True) -> list[str]:
    """Return what is to be read about one file: what failed, and what passed unexpectedly."""
    lines = result.failing_lines
    bonus = result.outcome.of(Verdict.BONUS)
    lines += [f"passed, though it is TODO: {it.lines[0]}" for it in bonus]
    return [str(result.file), *lines, ""] if lines and with_name else lines


def _summary(results: Sequence[Result], not_run: Sequence[str]) -> str:
    totals = Totals.of(results)
    parts = [_number(totals.files, "file"), _number(totals.tests, "test")]
    if failed := totals.by_verdict[Verdict.FAILED]:
        parts.append(f"{failed} failed")
    parts += [
        f"{totals.by_verdict[verdict]} {word}"
        for verdict, word in _WORDS.items()
        if totals.by_verdict[verdict]
    ]
    told = ", ".join(parts)
    if not_run:
        told += f"; stopped by a bail out, {_number(len(not_run), 'file')} not run"
    if totals.failed_files:
        return f"{told}: {_number(totals.failed_files, 'file')} FAILED"
    return f"{told}: all passed"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
