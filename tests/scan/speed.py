"""Measure what `interlock scan` takes for very many lines: ``make scan-speed``.

The code is that of the releases of the labelled projects, as often as it takes. Ends with 0 where
the pace and the memory are what is asked, 1 where not, 2 on wrong options, 3 without a release or
an answer.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from rich.console import Console
from tests.scan import labelled, releases

_LINES, _PACE, _MEMORY = 5_000_000, 100_000, 1 << 30
_SUFFIXES = (".py", ".sql")
_PASSED_OVER = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "build", "dist")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command: what it read, and what that took."""

    lines: int
    sites: int
    seconds: float
    memory: int  # the most that it held, in bytes

    @property
    def pace(self) -> float:
        """Lines a second of processor time."""
        return self.lines / self.seconds


class NoAnswer(Exception):
    """A scan that said nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    options = _parser().parse_args(arguments)
    told = Console(width=110, highlight=False, markup=False)
    with tempfile.TemporaryDirectory(prefix="scan-speed.", dir=options.folder) as folder:
        code, kept = Path(folder) / "code", Path(folder) / "kept"
        asked = ["--model", options.model, "--column", options.column]
        try:
            copies = _lay(code, options.lines, options.only)
            told.print(
                f"{copies} copies of the releases; all lines count, blank ones and comments too"
            )
            first = run(code, [*asked, "--no-cache"])
            _show(told, "anew", first)
            _show(told, "anew, to be kept", run(code, [*asked, "--cache-dir", str(kept)]))
            _show(told, "nothing changed", run(code, [*asked, "--cache-dir", str(kept)]))
            _change(code)
            _show(told, "one file changed", run(code, [*asked, "--cache-dir", str(kept)]))
        except (releases.NotFetched, NoAnswer) as fault:
            Console(stderr=True, width=110, markup=False).print(f"scan-speed: {fault}")
            return 3
    lacking = [
        *([f"{first.pace:,.0f} lines a second of {_PACE:,}"] if first.pace < _PACE else []),
        *([f"{first.memory:,} bytes of {_MEMORY:,}"] if first.memory > _MEMORY else []),
    ]
    for line in lacking:
        told.print(line)
    return 1 if lacking else 0


def run(code: Path, asked: Sequence[str]) -> Run:
    """Run the command as a user would, in a process of its own.

    Raises NoAnswer where it prints no map.
    """
    command = [sys.executable, "-m", "pginterlock", "scan", str(code), "--format", "json", *asked]
    # A process between, so that the most memory that was ever held is that of this one run.
    wrapped = [sys.executable, "-c", _RUNNER, *command]
    done = subprocess.run(wrapped, capture_output=True, text=True, check=False, cwd=code.parent)
    try:
        answer, usage = json.loads(done.stdout), json.loads(done.stderr.splitlines()[-1])
    except (json.JSONDecodeError, IndexError):
        raise NoAnswer(done.stderr.strip()[-300:] or "it says nothing") from None
    return Run(answer["lines"], len(answer["sites"]), usage["seconds"], usage["kib"] * 1024)


_RUNNER = """
import json, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=False)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
told = {"seconds": used.ru_utime + used.ru_stime, "kib": used.ru_maxrss}
print(json.dumps(told), file=sys.stderr)
"""


def _lay(code: Path, least: int, only: Sequence[str]) -> int:
    """Lay copies of the releases into a folder until it has so many lines; return how many."""
    wanted = [it for it in labelled.projects() if not only or it.name in only]
    roots = [releases.fetch(it) for it in wanted]
    lines = sum(it.read_bytes().count(b"\n") for root in roots for it in _texts(root))
    copies = 0
    for number in count():
        if number * lines >= least:
            break
        for root in roots:
            target = code / f"copy_{number}" / root.parent.name
            shutil.copytree(root, target, ignore=_ignored, copy_function=_link)
        copies += 1
    return copies


def _texts(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        passed_over = _PASSED_OVER(folder, folders)
        folders[:] = [it for it in folders if it not in passed_over]
        yield from (Path(folder) / it for it in names if it.endswith(_SUFFIXES))


def _ignored(folder: str, names: list[str]) -> set[str]:
    others = {it for it in names if not it.endswith(_SUFFIXES) and not (Path(folder) / it).is_dir()}
    return others | _PASSED_OVER(folder, names)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _change(code: Path) -> None:
    """Change the largest file in which no state is written: a new file, the release stays."""
    fitting = (it for it in _texts(code) if b"status" not in it.read_bytes())
    largest = max(fitting, key=lambda it: it.stat().st_size)
    text = largest.read_bytes()
    largest.unlink()
    largest.write_bytes(text + b"\n# changed\n")


def _show(told: Console, what: str, it: Run) -> None:
    told.print(
        f"{what:20}{it.lines:>12,} lines{it.sites:>6} sites{it.seconds:>9.2f} s of one core"
        f"{it.pace:>12,.0f} a second{it.memory / (1 << 20):>8,.0f} MiB"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.scan.speed", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="PROJECT", help="take the code of these alone")
    parser.add_argument("--lines", type=int, default=_LINES, help="at least so many")
    parser.add_argument("--model", default="Order")
    parser.add_argument("--column", default="status")
    parser.add_argument("--folder", type=Path, help="where the copies go, for a while")
    return parser


if __name__ == "__main__":
    sys.exit(main())
