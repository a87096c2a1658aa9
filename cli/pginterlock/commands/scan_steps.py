"""What `interlock scan` reads and writes besides code: comments, baselines, what a database saw."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pginterlock.commands.session import connected
from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.lint.actions import Place
from pginterlock.lint.suppressions import Suppressions
from pginterlock.model import Machine
from pginterlock.scan import baseline as baselines
from pginterlock.scan.baseline import Baseline, Named
from pginterlock.scan.judged import Judged
from pginterlock.scan.matching import observe
from pginterlock.scan.observed import Foreign
from pginterlock.scan.routes import routes_of
from pginterlock.scan.site import Site, Unread
from pginterlock.writers import writers

_URLCONF = "urls.py"


def cache_folder() -> Path:
    """Return where what was read is kept, where nobody says."""
    asked = os.environ.get("XDG_CACHE_HOME")
    return (Path(asked) if asked else Path.home() / ".cache") / "interlock" / "scan"


def accepting(sites: Iterable[Site]) -> Callable[[Site], str | None]:
    """Return what says of a site why a comment beside it accepts it; None where none does."""
    comments = {file: Suppressions(_text(Path(file))) for file in {it.file for it in sites}}

    def reason(site: Site) -> str | None:
        lines = [(site.line, site.end_line), *((it.line, it.line) for it in site.beside)]
        return comments[site.file].reason(Place(site.line, site.column, spans=tuple(lines)))

    return reason


def _text(file: Path) -> str:
    try:
        # Comments are looked for, and they are ASCII in every encoding that Python reads.
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def names_for(baseline: Path) -> Named:
    """Return what names a file in *baseline*: by its way from the folder of that file."""
    folder = baseline.absolute().parent

    def named(file: str) -> str:
        return Path(os.path.relpath(Path(file).absolute(), folder)).as_posix()

    return named


def read_baseline(file: Path) -> Baseline:
    """Return the baseline in *file*; raise UsageError where it cannot be read, or holds none."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"no baseline at {file}",
            remedy=f"Make one: interlock scan PATH --write-baseline {file}",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
    return baselines.read(text, str(file))


def write_baseline(file: Path, sites: Sequence[Judged], unread: Sequence[Unread]) -> None:
    """Write what is there now to *file*; raise EnvironmentFault where that cannot be done."""
    try:
        file.write_text(baselines.to_text(sites, unread, names_for(file)), encoding="utf-8")
    except OSError as error:
        raise EnvironmentFault(f"{file} cannot be written: {error.strerror}") from error


def comparing(sites: Sequence[Judged], before: Baseline, file: Path) -> tuple[list[Judged], int]:
    """Return *sites* with what is new since the baseline in *file*, and how many of it are gone."""
    return baselines.compared(sites, before, names_for(file))


def is_unread(unread: Sequence[Unread], file: Path | None, before: Baseline | None) -> bool:
    """Whether a file could not be read that the baseline in *file* does not know of."""
    if file is None or before is None:
        return bool(unread)
    named = names_for(file)
    return any(named(it.file) not in before.unread for it in unread)


def observing(
    sites: Sequence[Judged], machines: Sequence[Machine], paths: Sequence[Path], dsn: str | None
) -> tuple[list[Judged], list[Foreign]]:
    """Return *sites* with what a database saw of them, and what it saw besides.

    Raises UsageError where a machine is not installed there, EnvironmentFault where its history may
    not be read.
    """
    if not machines:
        raise UsageError(
            "--with-db needs the machines of a spec", remedy="Leave --model out, or add --spec."
        )
    with connected(dsn) as connection:
        seen = {it.name: writers(connection, it.name) for it in machines}
    return observe(sites, seen, routes_of(map(_text, _urlconfs(paths))))


def _urlconfs(paths: Iterable[Path]) -> list[Path]:
    return [
        file
        for path in paths
        for file in (sorted(path.rglob(_URLCONF)) if path.is_dir() else [path.parent / _URLCONF])
        if file.is_file()
    ]
