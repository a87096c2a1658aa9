"""Fetch the releases of labelled projects with pip, and unpack them; nothing of them is run."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.scan.labelled import Project

CACHE = Path(__file__).parents[2] / ".cache" / "scan"
_DONE = ".complete"


class NotFetched(Exception):
    """A release that is not here and cannot be had."""


def fetch(project: Project) -> Path:
    """Return the folder of *project* that is scanned, fetched unless it is there.

    Raises NotFetched where pip cannot get the release, or the release has no such folder.
    """
    target = CACHE / project.name
    asked = "\n".join(project.requirements)
    done = target / _DONE
    if not (done.exists() and done.read_text(encoding="utf-8") == asked):
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE, prefix="fetching.") as fresh:
            unpacked = Path(fresh) / "unpacked"
            for number, requirement in enumerate(project.requirements):
                with zipfile.ZipFile(_download(requirement, Path(fresh) / str(number))) as wheel:
                    wheel.extractall(unpacked)
            (unpacked / _DONE).write_text(asked, encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)
            unpacked.rename(target)
    root = target / project.root
    if not root.is_dir():
        raise NotFetched(f"the release of {project.name} has no folder {project.root}")
    return root.resolve()


def _download(requirement: str, into: Path) -> Path:
    """Download one wheel, whatever Python and platform it is for."""
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
    told = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "--dest", str(into), requirement],
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = list(into.glob("*.whl"))
    if told.returncode or not wheels:
        last = told.stderr.strip().splitlines()[-1:] or ["pip says nothing"]
        raise NotFetched(f"{requirement} cannot be fetched: {last[0]}")
    return wheels[0]
