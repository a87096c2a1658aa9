"""What `interlock scan` reads and writes besides code: comments, baselines, what a database saw."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pginterlock.errors import EnvironmentFault, UsageError
from pginterlock.lint.actions import Place
from pginterlock.lint.suppressions import Suppressions
from pginterlock.model import Machine
from pginterlock.scan import baseline as baselines
from pginterlock.scan import files
from pginterlock.scan.baseline import Baseline, Named
from pginterlock.scan.judged import Judged
from pginterlock.scan.observed import Foreign
from pginterlock.scan.routes import routes_of
from pginterlock.scan.site import Site, Unread

_URLCONF = "urls.py"


def cache_folder() -> Path:
    """Return where what was read is kept, where nobody says."""
    asked = os.environ.get("XDG_CACHE_HOME")
    return (Path(asked) if asked else Path.home() / ".cache") / "interlock" / "scan"


def read_comments(sites: Iterable[Site]) -> dict[str, Suppressions]:
    """Return the comments that accept something, of every file in which a site stands."""
    return {file: Suppressions(files.text(file)) for file in {it.file for it in sites}}


def accepting(comments: Mapping[str, Suppressions]) -> Callable[[Site], str | None]:
    """Return what says of a site why a comment beside it accepts it; None where none does."""

    def reason(site: Site) -> str | None:
        lines = [(site.line, site.end_line), *((it.line, it.line) for it in site.beside)]
        return comments[site.file].reason(Place(site.line, site.column, spans=tuple(lines)))

    return reason


def bare(comments: Mapping[str, Suppressions]) -> list[str]:
    """Return what to say of comments that are to accept something, and give no reason."""
    return [
        f"{file}:{line}: `interlock: ok` without a reason accepts nothing"
        for file, found in sorted(comments.items())
        for line, _ in found.reasonless
    ]


@dataclass(frozen=True, slots=True)
class BaselineFiles:
    """The baseline to compare with, and the file to write; None where that is not asked for."""

    file: Path | None = None
    before: Baseline | None = None
    new: Path | None = None

    def compare(self, sites: Sequence[Judged]) -> tuple[list[Judged], int | None]:
        """Return *sites* with what is new in them, and how many of the baseline are gone."""
        if self.file is None or self.before is None:
            return list(sites), None
        return baselines.compared(sites, self.before, _names_for(self.file))

    def is_unread(self, unread: Sequence[Unread]) -> bool:
        """Whether a file could not be read that the baseline does not know of."""
        if self.file is None or self.before is None:
            return bool(unread)
        named = _names_for(self.file)
        return any(named(it.file) not in self.before.unread for it in unread)

    def write(self, sites: Sequence[Judged], unread: Sequence[Unread]) -> None:
        """Write what is there now; raise EnvironmentFault where that cannot be done."""
        if self.new is None:
            return
        try:
            text = baselines.to_text(sites, unread, _names_for(self.new))
            self.new.write_text(text, encoding="utf-8")
        except OSError as error:
            told = f"{self.new} cannot be written: {error.strerror}"
            raise EnvironmentFault(told, remedy="Name a file in a folder that is there.") from error


def read_baselines(file: Path | None, new: Path | None) -> BaselineFiles:
    """Return the baseline in *file*, and where a new one goes.

    Raises UsageError where both are asked for, or *file* holds no baseline.
    """
    if file and new:
        raise UsageError(
            "--baseline compares and --write-baseline writes: not both at once",
            remedy="Compare first; then write the baseline anew.",
        )
    return BaselineFiles(file, _read_baseline(file) if file else None, new)


def _names_for(baseline: Path) -> Named:
    """Return what names a file in *baseline*: by its way from the folder of that file."""
    folder = baseline.absolute().parent

    def named(file: str) -> str:
        return Path(os.path.relpath(Path(file).absolute(), folder)).as_posix()

    return named


def _read_baseline(file: Path) -> Baseline:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        remedy = f"Make one: interlock scan PATH --write-baseline {file}"
        raise UsageError(f"no baseline at {file}", remedy=remedy) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} cannot be read: {error}", remedy="Name a file of --write-baseline."
        ) from error
    return baselines.read(text, str(file))


def observing(
    sites: Sequence[Judged], machines: Sequence[Machine], paths: Sequence[Path], dsn: str | None
) -> tuple[list[Judged], tuple[Foreign, ...]]:
    """Return *sites* with what a database saw of them, and what it saw besides.

    Raises UsageError where a machine is not installed there, EnvironmentFault where its history may
    not be read.
    """
    if not machines:
        raise UsageError(
            "--with-db needs the machines of a spec", remedy="Leave --model out, or add --spec."
        )
    from pginterlock.commands.session import connected  # noqa: PLC0415
    from pginterlock.scan.matching import observe  # noqa: PLC0415 - it imports the driver
    from pginterlock.writers import writers  # noqa: PLC0415

    with connected(dsn) as connection:
        seen = {it.name: writers(connection, it.name) for it in machines}
    found, foreign = observe(sites, seen, routes_of(map(files.text, map(str, _urlconfs(paths)))))
    return found, tuple(foreign)


def _urlconfs(paths: Iterable[Path]) -> list[Path]:
    return [
        file
        for path in paths
        for file in (sorted(path.rglob(_URLCONF)) if path.is_dir() else [path.parent / _URLCONF])
        if file.is_file()
    ]
