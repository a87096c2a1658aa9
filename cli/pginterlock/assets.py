"""Read what ships with the package: its SQL, its migrations and its reference.

In a wheel ``sql/``, ``migrations/`` and ``docs/reference/`` lie in ``pginterlock/_assets``; in a
checkout they are the folders beside ``cli/``. Nothing else in the package knows the difference.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path


def read(*parts: str) -> str:
    """Return the text of one file, for example ``read("sql", "queries", "rows.sql")``."""
    return root().joinpath(*parts).read_text(encoding="utf-8")


def names(*parts: str, suffix: str = ".sql") -> list[str]:
    """Return the sorted names of the files in one folder that end in *suffix*."""
    return sorted(
        file.name for file in root().joinpath(*parts).iterdir() if file.name.endswith(suffix)
    )


def root() -> Traversable:
    """Return the folder that holds ``sql/``, ``migrations/`` and ``docs/``."""
    shipped = resources.files("pginterlock") / "_assets"
    return shipped if shipped.is_dir() else Path(__file__).parents[2]


@contextmanager
def on_disk(name: str) -> Iterator[Path]:
    """Open the folder *name* as one on disk; out of a zipped wheel it is copied for that long.

    `importlib.resources.as_file` takes folders from Python 3.12 only.
    """
    found = root() / name
    if isinstance(found, Path):
        yield found
        return
    with tempfile.TemporaryDirectory() as copy:
        _copy(found, Path(copy))
        yield Path(copy)


def _copy(source: Traversable, target: Path) -> None:
    for item in source.iterdir():
        if item.is_dir():
            (target / item.name).mkdir()
            _copy(item, target / item.name)
        else:
            (target / item.name).write_bytes(item.read_bytes())
