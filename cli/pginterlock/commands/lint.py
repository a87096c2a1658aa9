"""``interlock lint``: say what in migrations would disarm or break a machine."""

import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import click
from rich.markup import escape

from pginterlock.commands.options import find_spec, spec_near, spec_option
from pginterlock.commands.session import Progress, console, read_place
from pginterlock.errors import UsageError
from pginterlock.findings import Severity
from pginterlock.lint.actions import Place, Remark
from pginterlock.lint.files import SUFFIXES, Outcome, Source, Told, app_label, lint
from pginterlock.lint.formats import to_github, to_json, to_junit
from pginterlock.lint.judge import LintFinding
from pginterlock.lint.rules import RULES
from pginterlock.lint.sarif import to_sarif

_FOUND, _UNREADABLE = 1, 2
_ANY, _ERROR = "any", "error"
_SKIPPED = frozenset(["__pycache__", "node_modules", "venv", "site-packages"])


@click.command(epilog="Example: interlock lint alembic/versions --format sarif")
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="MIGRATIONS...",
)
@spec_option
@click.option(
    "--fail-on",
    "fail_on",
    multiple=True,
    metavar="RULE",
    help="Exit 1 when there is a finding of this rule (lint-drop-column), an error, or any;"
    " repeatable. Default: error.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "sarif", "github", "junit"]),
    default="text",
    show_default=True,
    help="How to print the result.",
)
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    spec_path: Path | None,
    fail_on: tuple[str, ...],
    output_format: str,
) -> None:
    """Say what in migrations would disarm or break a machine, without a database.

    MIGRATIONS are Alembic revisions, Django migrations, SQL files, or folders of them. Without
    --spec each file is held against the spec in the nearest folder above it, else the one that the
    other commands take. A finding is accepted by a comment at its line: `-- interlock: ok REASON`,
    in Python `# interlock: ok REASON`. Exit code 1 when there is an error, 2 when a file cannot be
    read or there is no spec.
    """
    wanted = _wanted(fail_on)
    outcome = Outcome()
    progress = Progress()
    for spec, files in _by_spec(_files(paths), spec_path).items():
        progress(f"reading {len(files)} files")
        lint(_sources(files, outcome), read_place(spec).machines, outcome)
    _print(outcome, output_format)
    ctx.exit(_exit_code(outcome, wanted))


def _wanted(fail_on: tuple[str, ...]) -> frozenset[str]:
    for it in fail_on:
        if it not in RULES and it not in (_ANY, _ERROR):
            raise UsageError(
                f"--fail-on {it}: no such rule",
                remedy="error, any, or a rule: interlock explain lists them.",
            )
    return frozenset(fail_on or [_ERROR])


def _exit_code(outcome: Outcome, wanted: frozenset[str]) -> int:
    if outcome.faults:
        return _UNREADABLE
    return _FOUND if any(_counts(it, wanted) for it in outcome.open) else 0


def _counts(it: LintFinding, wanted: frozenset[str]) -> bool:
    is_error = it.finding.severity is Severity.ERROR
    return _ANY in wanted or it.finding.code in wanted or (is_error and _ERROR in wanted)


def _files(paths: Iterable[Path]) -> list[Path]:
    """Return the files that are meant, each once, those of folders in the order of their names."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found |= dict.fromkeys(_below(path))
        elif path.suffix in SUFFIXES:
            found[path] = None
        else:
            raise UsageError(
                f"{path} is no migration that can be read",
                remedy="Name .py or .sql files, or folders of them.",
            )
    if not found:
        told = ", ".join(map(str, paths))
        raise UsageError(f"no .py or .sql file in {told}", remedy="Name a folder of migrations.")
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    for it in sorted(folder.rglob("*")):
        parts = it.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _SKIPPED for part in parts)
        if it.suffix in SUFFIXES and not hidden and it.is_file():
            yield it


def _by_spec(files: Sequence[Path], explicit: Path | None) -> Mapping[Path, list[Path]]:
    """Return the files by the spec that each is held against."""
    found: dict[Path, list[Path]] = {}
    for file in files:
        spec = explicit or spec_near(file) or find_spec(None)
        found.setdefault(spec, []).append(file)
    return found


def _sources(files: Sequence[Path], outcome: Outcome) -> list[Source]:
    """Return the files with those beside them, which tell of models and types, in order."""
    asked = {it.resolve(): it for it in files}
    found: list[Source] = []
    for folder in dict.fromkeys(it.parent for it in files):
        suffixes = {it.suffix for it in files if it.parent == folder}
        app = _app(folder)
        for it in sorted(folder.iterdir()):
            if it.suffix not in suffixes or not it.is_file():
                continue
            named = asked.get(it.resolve())
            text = _text(it)
            if isinstance(text, str):
                found.append(Source(str(named or it), text, app, is_asked=named is not None))
            elif named:
                outcome.faults.append(Told(str(named), text))
    return found


def _app(folder: Path) -> str | None:
    """Return the label of the Django app whose migrations lie in *folder*."""
    if folder.resolve().name != "migrations":
        return None
    above = folder.resolve().parent
    config = above / "apps.py"
    text = _text(config) if config.is_file() else ""
    return (app_label(text) if isinstance(text, str) else None) or above.name


def _text(file: Path) -> str | Remark:
    try:
        raw = file.read_bytes()
        encoding = "utf-8-sig"
        if file.suffix == ".py":
            encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        return raw.decode(encoding).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Remark(Place(line, 1), f"not {error.encoding.upper()} text")
    except (SyntaxError, LookupError) as error:
        return Remark(Place(1, 1), str(error))
    except OSError as error:
        return Remark(Place(1, 1), f"cannot be read: {error.strerror}")


def _print(outcome: Outcome, output_format: str) -> None:
    match output_format:
        case "json":
            click.echo(to_json(outcome))
        case "sarif":
            click.echo(to_sarif(outcome, version("pginterlock")))
        case "junit":
            click.echo(to_junit(outcome))
        case "github":
            if told := to_github(outcome):
                click.echo(told)
        case _:
            _show(outcome)


def _show(outcome: Outcome) -> None:
    screen = console()
    for it in outcome.open:
        found = it.finding
        style = "red" if found.severity is Severity.ERROR else "yellow"
        place, told = escape(str(found.position)), escape(found.message)
        inside = f" (in {escape(it.function)})" if it.function else ""
        code = f"[dim]\\[{found.code}][/]"
        screen.print(f"{place}: [{style}]{found.severity}[/]: {told}{inside} {code}")
        screen.print(f"    [dim]{escape(found.hint)}[/]")
    for fault in outcome.faults:
        screen.print(f"{escape(str(fault))} [red]\\[unreadable][/]")
    for it in outcome.accepted:
        place = escape(str(it.finding.position))
        told = f"{it.finding.code} is accepted: {it.accepted}"
        screen.print(f"[dim]{place}: {escape(told)}[/]")
    for note in outcome.unread:
        screen.print(f"[dim]{escape(str(note))}[/]")
    for name in outcome.others:
        screen.print(f"[dim]{escape(name)}: no migration, passed over[/]")
    screen.print(_summary(outcome))


def _summary(outcome: Outcome) -> str:
    errors, warnings = outcome.count(Severity.ERROR), outcome.count(Severity.WARNING)
    files = _many(len(outcome.migrations), "migration")
    names = escape(", ".join(outcome.machines))
    beside = [
        _many(warnings, "warning") if warnings else "",
        f"{len(outcome.accepted)} accepted" if outcome.accepted else "",
        f"{_many(len(outcome.faults), 'part')} cannot be read" if outcome.faults else "",
    ]
    more = "".join(f", {it}" for it in beside if it)
    if errors:
        return f"[bold red]{errors} found[/] in {files}, held against {names}{more}"
    style = "bold yellow" if outcome.faults else "bold green"
    return f"[{style}]No error[/] in {files}, held against {names}{more}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
