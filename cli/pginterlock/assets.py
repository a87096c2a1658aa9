"""Read the SQL that ships with the package.

In a wheel ``sql/`` and ``migrations/`` lie in ``pginterlock/_assets``; in a checkout they are
the folders beside ``cli/``. Nothing else in the package knows the difference.
"""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path


def read(*parts: str) -> str:
    """Return the text of one file, for example ``read("sql", "queries", "rows.sql")``."""
    return root().joinpath(*parts).read_text(encoding="utf-8")


def names(*parts: str) -> list[str]:
    """Return the sorted names of the SQL files in one folder."""
    return sorted(
        file.name for file in root().joinpath(*parts).iterdir() if file.name.endswith(".sql")
    )


def root() -> Traversable:
    """Return the folder that holds ``sql/`` and ``migrations/``."""
    shipped = resources.files("pginterlock") / "_assets"
    return shipped if shipped.is_dir() else Path(__file__).parents[2]
