"""Measure what a scan takes after edits, and that it finds what one finds that keeps nothing.

``python -m tests.scan.kept PROJECT...`` makes edits at random in copies of the releases of labelled
projects of the set ``dev``. Ends with 1 where what was found differs, and says after which edits.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from rich.console import Console
from tests.scan import labelled, releases
from tests.scan.edits import edit, files

from pginterlock.scan.engine import scan
from pginterlock.scan.site import Scanned, Target

_TOLD = Console(width=110, highlight=False, markup=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    options = _parser().parse_args(arguments)
    differing = 0
    for root, targets in _asked(options.projects, options.folder, options.model):
        with tempfile.TemporaryDirectory(prefix="scan-kept.") as folder:
            code, kept = Path(folder) / root.name, Path(folder) / "kept"
            shutil.copytree(root, code, ignore=_others)
            differing += _measure(code, kept, targets, options)
    return 1 if differing else 0


def _asked(
    names: Sequence[str], folder: Path | None, model: str
) -> Iterator[tuple[Path, list[Target]]]:
    """Yield the folders to scan, and what is asked of each: the models that are labelled."""
    if folder is not None:
        name, _, column = model.partition(".")
        yield folder, [Target((column,), model=name)]
    for project in labelled.projects():
        if project.name in names and project.set == "dev":
            pairs = sorted({(it.model, it.column) for it in labelled.rows(project)})
            yield releases.fetch(project), [Target((it[1],), model=it[0]) for it in pairs]


def _measure(code: Path, kept: Path, targets: Sequence[Target], options: argparse.Namespace) -> int:
    """Edit one file after another, and scan; return how often something else was found."""
    took, anew, differing = [], [], 0
    _scan(code, targets, kept)
    for seed in range(options.first, options.first + options.edits):
        chance = random.Random(seed)
        before = {it: it.read_bytes() for it in files(code)}
        done = edit(code, chance)
        found, seconds = _scan(code, targets, kept)
        took.append(seconds)
        if seed % options.every == 0:
            fresh, whole = _scan(code, targets, None)
            anew.append(whole)
            if _told(fresh) != _told(found):
                differing += 1
                _TOLD.print(f"differs after edit {seed}: {done}")
        if options.verbose:
            _TOLD.print(f"{seconds:6.2f} s  {done}")
        if options.back:
            _lay_back(code, before)
    took.sort()
    quarters = [took[int(len(took) * it)] for it in (0, 0.25, 0.5, 0.75)]
    told = " ".join(f"{it:.2f}" for it in [*quarters, took[-1]])
    mean = sum(took) / len(took)
    _TOLD.print(
        f"{code.name} {len(files(code))} files: after an edit {told} s (least, quarters, most), "
        f"mean {mean:.2f}; anew {median(anew):.2f} s; {differing} of {len(anew)} differ"
    )
    return differing


def _scan(code: Path, targets: Sequence[Target], kept: Path | None) -> tuple[Scanned, float]:
    start = time.process_time()
    found = scan([code], targets, cache=kept, progress=lambda *_: None)
    return found, time.process_time() - start


def _told(found: Scanned) -> str:
    return json.dumps(asdict(found))


def _lay_back(code: Path, before: dict[Path, bytes]) -> None:
    for it in files(code):
        if it not in before:
            it.unlink()
    for path, raw in before.items():
        if not path.exists() or path.read_bytes() != raw:
            path.write_bytes(raw)


def _others(folder: str, names: list[str]) -> list[str]:
    return [
        it for it in names if not it.endswith((".py", ".sql")) and (Path(folder) / it).is_file()
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.scan.kept", description=__doc__)
    parser.add_argument("projects", nargs="*", metavar="PROJECT")
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first edit")
    parser.add_argument("--every", type=int, default=1, help="compare after so many edits")
    parser.add_argument("--back", action="store_true", help="take each edit back after it")
    parser.add_argument("--folder", type=Path, help="scan this folder")
    parser.add_argument("--model", default="Order.status", help="what is asked of that")
    parser.add_argument("--verbose", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
