"""Where the spec is, where nobody says: what pyproject.toml says, else a file of the usual name."""

import re
from pathlib import Path

from pginterlock.errors import SpecError

DEFAULT_SPEC = "interlock.yaml"
_OF_CLASSES = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*\Z")


def is_of_classes(place: Path) -> bool:
    """Whether *place* is ``module:Base``, whose mapped classes declare machines, and no file."""
    return bool(_OF_CLASSES.match(str(place))) and not place.exists()


def named_in(folder: Path) -> Path | None:
    """Return the spec that pyproject.toml of *folder* names, if it is there and names one.

    What is in a module and no file is not below a folder.

    Raises SpecError where pyproject.toml cannot be read.
    """
    project = folder / "pyproject.toml"
    if not project.is_file():
        return None
    import tomllib  # noqa: PLC0415 - not every folder has one, and it takes time

    try:
        told: object = tomllib.loads(project.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SpecError((f"{project} cannot be read: {error}",)) from None
    for key in ("tool", "interlock", "spec"):
        told = told.get(key) if isinstance(told, dict) else None
    if told is not None and not isinstance(told, str):
        raise SpecError((f"{project}: spec in [tool.interlock] must be text",))
    if told and is_of_classes(Path(told)):
        return Path(told)
    return folder / told if told else None
