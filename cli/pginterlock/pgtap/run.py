"""Run pgTAP files, each in a fresh database, several at once, and gather what became of them."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from pginterlock.errors import UsageError
from pginterlock.pgtap import place
from pginterlock.pgtap.execute import execute
from pginterlock.pgtap.tap import Outcome, Verdict, parse

_FIXTURES = "fixtures"
_SUFFIX = ".sql"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file; *error* is what ended it before its end."""

    file: Path
    outcome: Outcome
    error: str | None
    seconds: float

    @property
    def has_passed(self) -> bool:
        """Whether the file ran to its end, and all in it passed that had to."""
        return self.error is None and self.outcome.has_passed

    @property
    def problems(self) -> list[str]:
        """What is wrong with the file besides its failed tests, the cause first."""
        if self.error is None:
            return list(self.outcome.problems)
        count, planned = len(self.outcome.tests), self.outcome.planned
        reached = f"after {count} of {planned} tests" if planned else f"after {count} tests"
        bailed = [it for it in self.outcome.problems if self.outcome.bail_out is not None]
        return [f"{self.error}\nended {reached}", *bailed]

    @property
    def failing_lines(self) -> list[str]:
        """The lines of the failed tests, each with what it said below it, then the problems."""
        failed = [line for test in self.outcome.of(Verdict.FAILED) for line in test.lines]
        return failed + [line for problem in self.problems for line in problem.splitlines()]


@dataclass(frozen=True, slots=True)
class Server:
    """Where files run: a server, the template on it, and the psql that runs them."""

    dsn: str
    template: str
    psql: Path | None = None
    time_limit_s: float | None = None


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Return the test files of *paths*: files as they are, folders without their ``fixtures``.

    Raises UsageError for a path that is not there, and where there is no file at all.
    """
    asked = list(paths)
    found: dict[Path, None] = {}
    for path in asked:
        if path.is_file():
            found[path] = None
        elif path.is_dir():
            found.update(dict.fromkeys(_below(path)))
        else:
            raise UsageError(f"{path}: no such file or folder", remedy="Name pgTAP files to run.")
    if not found:
        names = ", ".join(map(str, asked))
        raise UsageError(
            f"no pgTAP file in {names}",
            remedy=f"Files end in {_SUFFIX}; what lies in a folder {_FIXTURES} is no test.",
        )
    return list(found)


def is_test_file(path: Path, root: Path) -> bool:
    """Whether *path*, below the folder *root*, is a file to run and no part of another."""
    inner = path.relative_to(root).parts
    return path.suffix == _SUFFIX and not any(
        part == _FIXTURES or part.startswith(".") for part in inner
    )


def run_file(file: Path, server: Server) -> Result:
    """Run one file in a database of its own."""
    started = time.monotonic()
    with place.clone(server.dsn, server.template) as dsn:
        said = execute(file, dsn, psql=server.psql, time_limit_s=server.time_limit_s)
    return Result(file, parse(said.output), said.error, time.monotonic() - started)


def run_files(
    files: Sequence[Path],
    server: Server,
    *,
    jobs: int,
    on_result: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Run *files*, *jobs* at once, and return the results in the order of *files*.

    After a ``Bail out!`` no further file is begun: the list is shorter then.
    """
    stop = Event()

    def one(file: Path) -> Result | None:
        if stop.is_set():
            return None
        result = run_file(file, server)
        if result.outcome.bail_out is not None:
            stop.set()
        return result

    done: dict[Path, Result] = {}
    with ThreadPoolExecutor(max_workers=min(jobs, len(files))) as pool:
        try:
            for future in as_completed([pool.submit(one, file) for file in files]):
                if result := future.result():
                    done[result.file] = result
                    on_result(result)
        except BaseException:
            stop.set()
            raise
    return [done[file] for file in files if file in done]


def _below(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob(f"*{_SUFFIX}")
        if path.is_file() and is_test_file(path, folder)
    )
