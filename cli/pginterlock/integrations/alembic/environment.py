"""Find the env.py of an Alembic environment, and write our import into it.

Alembic itself is not loaded: a file is read and changed.
"""

import ast
import configparser
import re
from dataclasses import dataclass
from pathlib import Path

from pginterlock.errors import UsageError

MODULE = "pginterlock.alembic"
LINE = f"import {MODULE}  # noqa: F401 - machines in revisions, and ours left alone"
_INI, _ENV, _LOCATION = "alembic.ini", "env.py", "script_location"
_NAMED = "Name it: interlock alembic init FOLDER/env.py"


@dataclass(frozen=True, slots=True)
class Written:
    """The env.py that was looked at, and whether the line was missing: it is there now."""

    path: Path
    is_new: bool


def write_import(place: Path) -> Written:
    """Write our import into the env.py at *place*: the file, its folder, or that of alembic.ini.

    Raises UsageError where it cannot be found, read or written, or is no Python; it is left as it
    was then.
    """
    path = find(place)
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    changed = with_import(text, str(path))
    if changed == text:
        return Written(path, is_new=False)
    try:
        path.write_bytes(changed.encode())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", remedy=f"Write it yourself: {LINE}"
        ) from None
    return Written(path, is_new=True)


def lacks_import(env: Path) -> bool:
    """Return whether *env* can be read, and does not import us."""
    try:
        text = env.read_text(encoding="utf-8")
        return not _has_import(ast.parse(text, str(env)))
    except (OSError, SyntaxError, ValueError):
        return False


def find(place: Path) -> Path:
    """Return the env.py that *place* means; raise UsageError where there is none."""
    if place.is_file() and place.suffix == ".py":
        return place
    if place.is_file():
        return _below(place, _location(place))
    if not place.is_dir():
        raise UsageError(f"no file or folder {place}", remedy=_NAMED)
    if (place / _ENV).is_file():
        return place / _ENV
    if (place / _INI).is_file():
        return _below(place / _INI, _location(place / _INI))
    raise UsageError(
        f"neither {_ENV} nor {_INI} in {place.resolve()}",
        remedy=f"{_NAMED}; or make an environment first: alembic init",
    )


def _location(ini: Path) -> Path:
    """Return the folder of the environment that *ini* names."""
    here = str(ini.parent.resolve()).replace("%", "%%")
    parser = configparser.ConfigParser({"here": here})
    try:
        parser.read(ini, encoding="utf-8")
        told = parser.get("alembic", _LOCATION)
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        said = " ".join(str(error).split())
        raise UsageError(f"{ini}: {_LOCATION} cannot be read: {said}", remedy=_NAMED) from None
    if ":" in told and not Path(told).is_absolute():
        raise UsageError(f"{ini}: {_LOCATION} = {told} lies in a package", remedy=_NAMED)
    return ini.parent / told


def _below(ini: Path, folder: Path) -> Path:
    path = folder / _ENV
    if not path.is_file():
        raise UsageError(f"no {path}, where {ini} says it is", remedy=_NAMED)
    return path


def with_import(text: str, file: str) -> str:
    """Return *text*, of *file*, with our import below that of Alembic; the same where it is there.

    Raises UsageError where it is no Python.
    """
    try:
        tree = ast.parse(text, file)
    except (SyntaxError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        raise UsageError(
            f"{file}{line}: not read as Python: {error}",
            remedy=f"Nothing was written. Write it yourself: {LINE}",
        ) from None
    if _has_import(tree):
        return text
    after = _line_after(tree)
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if re.search(r"\r\n", text) else "\n"
    if after and not lines[after - 1].endswith(("\n", "\r")):
        lines[after - 1] += newline
    return "".join([*lines[:after], LINE + newline, *lines[after:]])


def _has_import(tree: ast.Module) -> bool:
    return any(_is_ours(node) for node in ast.walk(tree))


def _is_ours(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(it.name == MODULE for it in node.names)
    if isinstance(node, ast.ImportFrom):
        names = [it.name for it in node.names]
        return node.module == MODULE or (node.module == "pginterlock" and "alembic" in names)
    return False


def _line_after(tree: ast.Module) -> int:
    """Return after which line our import goes: Alembic's, else the last import, else the head."""
    imports = [it for it in tree.body if isinstance(it, ast.Import | ast.ImportFrom)]
    alembic = [it for it in imports if isinstance(it, ast.ImportFrom) and it.module == "alembic"]
    if found := (alembic or imports):
        return found[-1].end_lineno or 0
    first = tree.body[0] if tree.body else None
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) if first and is_docstring else 0
