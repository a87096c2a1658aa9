"""Where the spec is, where nobody says: what pyproject.toml says, else a file of the usual name."""

import tomllib
from pathlib import Path

from pginterlock.errors import SpecError

DEFAULT_SPEC = "interlock.yaml"


def named_in(folder: Path) -> Path | None:
    """Return the spec that pyproject.toml of *folder* names, if it is there and names one.

    Raises SpecError where pyproject.toml cannot be read.
    """
    project = folder / "pyproject.toml"
    if not project.is_file():
        return None
    try:
        told: object = tomllib.loads(project.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SpecError((f"{project} cannot be read: {error}",)) from None
    for key in ("tool", "interlock", "spec"):
        told = told.get(key) if isinstance(told, dict) else None
    if told is not None and not isinstance(told, str):
        raise SpecError((f"{project}: spec in [tool.interlock] must be text",))
    return folder / told if told else None
