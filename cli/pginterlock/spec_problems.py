"""What is wrong with a spec: collected, placed, and told in words of ours.

Pure: data in, data out.
"""

import copy
import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pginterlock.model import Position, SpecPath
from pginterlock.spec_format import SECTIONS, SINGLE, MachinePart, SpecPart, keys_of
from pginterlock.spec_text import Document

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SECTION_DEPTH = 3  # machines, its name, section


class Problems:
    """All problems of one document, in the order of the file."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.found: list[tuple[Position, str]] = []

    def add(self, path: SpecPath, message: str) -> None:
        """Add a problem at the key or item *path*."""
        self.found.append((self.locate(path), message))

    def add_inside(self, path: SpecPath, offset: int, message: str) -> None:
        """Add a problem *offset* characters into the text of the scalar at *path*."""
        start = self._document.values.get(self.known(path))
        if start is None:
            self.add(path, message)
        else:
            self.found.append((Position(start.file, start.line, start.column + offset), message))

    def known(self, path: SpecPath) -> SpecPath:
        """Return *path* as the file has it: where one was written for several, without a number."""
        here: SpecPath = ()
        for part in path:
            if (*here, part) in self._document.positions:
                here = (*here, part)
            elif not isinstance(part, int) and part not in ("state", "check"):
                break
        return here

    def locate(self, path: SpecPath) -> Position:
        """Return where *path* stands, or its nearest parent."""
        return self._document.positions[self.known(path)]

    def texts(self) -> tuple[str, ...]:
        """Return the problems as ``file:line:column: message``."""
        ordered = sorted(self.found, key=lambda it: (it[0].line, it[0].column))
        return tuple(dict.fromkeys(f"{position}: {message}" for position, message in ordered))


def meant(name: str, known: Iterable[str]) -> str:
    """Return a guess at what *name* was to be, ready to be appended."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def read_part(data: Mapping[object, object], problems: Problems) -> dict[str, MachinePart]:
    """Return the machines of *data* whose form is right; add a problem for all that is not."""
    machines = data.get("machines")
    _validate({**data, "machines": {}}, problems)
    if "machines" not in data:
        problems.add((), "key 'machines' is missing")
    if not isinstance(machines, dict):
        if machines is not None or "machines" in data:
            problems.add(
                ("machines",), "must be a mapping: the name of each machine, and what it is"
            )
        return {}
    if not machines:
        problems.add(("machines",), "there is no machine in it")
    found = {}
    for name, part in machines.items():
        data = {"interlock": 1, "machines": {str(name): copy.deepcopy(part)}}
        # What is ill formed is told and left out, so that the rest can be read and judged too.
        read = _validate(data, problems) or _validate(data, None)
        if read:
            found[str(name)] = read.machines[str(name)]
    return found


def _validate(data: dict[object, object], problems: Problems | None) -> SpecPart | None:
    try:
        return SpecPart.model_validate(data)
    except ValidationError as error:
        for detail in error.errors():
            if problems:
                _tell(detail, problems)
            _leave_out(data, detail["loc"])
        return None


def _leave_out(data: object, path: tuple[int | str, ...]) -> None:
    """Take what stands at *path* out of *data*, as far as it is there."""
    for part in path[:-1]:
        data = _below(data, part)
    last = path[-1]
    if isinstance(data, dict):
        data.pop(last, None)
    elif isinstance(data, list) and isinstance(last, int) and last < len(data):
        data[last] = ""


def _below(data: object, part: int | str) -> object:
    """Return what stands below *data*; one thing that stands for a list of one is that list."""
    if isinstance(data, dict):
        return data.get(part, data if isinstance(part, int) else None)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return None


def _tell(detail: "ErrorDetails", problems: Problems) -> None:
    path = tuple(part for part in detail["loc"] if part != "[key]")
    name = str(path[-1]) if path else ""
    match detail["type"]:
        case "extra_forbidden":
            message = f"unknown key {name!r}{meant(name, _known_keys(path[:-1]))}"
        case "missing":
            message = f"key {name!r} is missing"
            path = path[:-1]
        case "string_type" if isinstance(detail["input"], int | float | None):
            message = f"{_shown(detail['input'])} is not text: write it in quotes"
        case "string_type":
            message = "must be text"
        case "enum":
            words = str(detail["ctx"]["expected"])
            guess = meant(str(detail["input"]), words.split("'")[1::2])
            message = f"{_shown(detail['input'])} is not one of {words}{guess}"
        case "literal_error":
            message = (
                f"{_shown(detail['input'])} is no known version: this one reads `interlock: 1`"
            )
        case "list_type":
            message = "must be a name, or a list of names"
        case "dict_type" | "model_type" | "model_attributes_type":
            message = "must be a mapping"
        case "bool_type":
            message = "must be true or false"
        case _:
            message = detail["msg"]
    problems.add(path, message)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _known_keys(path: SpecPath) -> list[str]:
    """Return the keys that are known at *path*."""
    if len(path) == 0:
        return keys_of(SpecPart)
    if len(path) < _SECTION_DEPTH:
        return keys_of(MachinePart)
    section = str(path[_SECTION_DEPTH - 1])
    part = SECTIONS.get(section) or SINGLE.get(section)
    return keys_of(part) if part else []
