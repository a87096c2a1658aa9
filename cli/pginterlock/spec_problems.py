"""What is wrong with a spec: collected, placed, and told in words of ours.

Pure: data in, data out.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pginterlock.model import Position, SpecPath
from pginterlock.spec_format import (
    SECTIONS,
    SINGLE,
    ApprovalsPart,
    GuardPart,
    MachinePart,
    SpecPart,
    keys_of,
)
from pginterlock.spec_text import Source
from pginterlock.spelling import meant

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_SECTION_DEPTH = 3  # machines, its name, section
_MAX_TURNS = 20
# What a machine is read with where it lacks a key, so that the rest of it can be judged.
_STAND_INS: dict[str, object] = {
    "table": "missing",
    "state": "missing",
    "initial": [],
    "transitions": {},
}
_WRONG_TYPE = {
    "string_type": "must be text",
    "list_type": "must be a name, or a list of names",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "invalid_key": "a key must be text",
}


class Problems:
    """All problems of one document, in the order of the file."""

    def __init__(self, document: Source) -> None:
        self._document = document
        self.found: list[tuple[Position, str]] = []

    def add(self, path: SpecPath, message: str) -> None:
        """Add a problem at the key or item *path*."""
        self.found.append((self._document.locate(self._known(path)), message))

    def add_inside(self, path: SpecPath, offset: int, message: str) -> None:
        """Add a problem *offset* characters into the text of the scalar at *path*."""
        self.found.append((self._document.inside(self._known(path), offset), message))

    def _known(self, path: SpecPath) -> SpecPath:
        """Return *path* as the file has it: where one was written for several, without a number."""
        here: SpecPath = ()
        for part in path:
            if (*here, part) in self._document.positions:
                here = (*here, part)
            elif (*here, str(part)) in self._document.positions:
                here = (*here, str(part))
            elif not isinstance(part, int) and part not in ("state", "check"):
                break
        return here

    def texts(self) -> tuple[str, ...]:
        """Return the problems as ``file:line:column: message``."""
        ordered = sorted(self.found, key=lambda it: (it[0].line, it[0].column))
        return tuple(dict.fromkeys(f"{position}: {message}" for position, message in ordered))


@dataclass(frozen=True, slots=True)
class Read:
    """What could be read of a machine. *is_whole* says that no move or state was left out."""

    part: MachinePart
    is_whole: bool


def read_parts(data: Mapping[object, object], problems: Problems) -> dict[str, Read]:
    """Return the machines of *data*; add a problem for all that is ill formed, and leave it out."""
    machines = data.get("machines")
    _validate({"machines": {}, **data, **({"machines": {}} if machines else {})}, problems)
    if "machines" not in data:
        problems.add((), "key 'machines' is missing")
    if not isinstance(machines, dict):
        return {}
    if not machines:
        problems.add(("machines",), "there is no machine in it")
    read = {str(name): _read(str(name), part, problems) for name, part in machines.items()}
    return {name: it for name, it in read.items() if it}


def _read(name: str, part: object, problems: Problems) -> Read | None:
    data: dict[object, object] = {"interlock": 1, "machines": {name: copy.deepcopy(part)}}
    is_whole = True
    for turn in range(_MAX_TURNS):
        read, faults = _validate(data, problems if turn == 0 else None)
        if read:
            part = read.machines.get(name)
            return Read(part, is_whole) if part else None
        for fault in reversed(faults):
            section = fault["loc"][_SECTION_DEPTH - 1] if len(fault["loc"]) > 2 else None  # noqa: PLR2004
            is_whole = is_whole and section not in ("initial", "transitions", "final")
            _leave_out(data, fault)
    return None


def _validate(
    data: dict[object, object], problems: Problems | None
) -> tuple[SpecPart | None, list["ErrorDetails"]]:
    try:
        return SpecPart.model_validate(data), []
    except ValidationError as error:
        faults = error.errors()
        if problems:
            for fault in faults:
                _tell(fault, problems)
        return None, faults


def _leave_out(data: dict[object, object], fault: "ErrorDetails") -> None:
    """Make *data* well formed, as far as one fault goes, so that the rest can be judged too."""
    path = fault["loc"]
    if fault["type"] == "missing":
        if len(path) == _SECTION_DEPTH:
            _below(data, path[:-1])[path[-1]] = copy.copy(_STAND_INS[str(path[-1])])
            return
        path = path[: _SECTION_DEPTH + (path[_SECTION_DEPTH - 1] in SECTIONS)]
    above, last = _below(data, path[:-1]), path[-1]
    if isinstance(above, list):
        del above[int(last)]
    elif last == "[key]":
        parent = _below(data, path[:-2])
        for key in [key for key in parent if not isinstance(key, str)]:
            del parent[key]
    elif isinstance(above, dict):
        above.pop(last, None)


def _below(data: Any, path: Sequence[int | str]) -> Any:
    """Return what stands at *path*; one thing that stands for a list of one is that list."""
    for part in path:
        if isinstance(data, dict):
            data = data.get(part, data if isinstance(part, int) else None)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
    return data


def _tell(fault: "ErrorDetails", problems: Problems) -> None:
    path = tuple(part for part in fault["loc"] if part != "[key]")
    name = str(path[-1]) if path else ""
    given = fault["input"]
    is_scalar = isinstance(given, int | float | date)
    match fault["type"]:
        case "extra_forbidden":
            guess = meant(name, _known_keys(path[:-1]))
            message = f"unknown key {name!r}{guess}"
        case "missing":
            message, path = f"key {name!r} is missing", path[:-1]
        case "string_type" | "list_type" if given is None:
            message = "text is missing; inside {} a comma ends what is not in quotes"
        case "string_type" | "list_type" if is_scalar:
            message = f"{_shown(given)} is not text: write it in quotes"
        case "enum":
            words = str(fault["ctx"]["expected"])
            guess = meant(str(given), words.split("'")[1::2])
            message = f"{_shown(given)} is not one of {words}{guess}"
        case "literal_error":
            message = f"{_shown(given)} is no known version: this one reads `interlock: 1`"
        case kind:
            message = _WRONG_TYPE.get(kind, fault["msg"])
    problems.add(path, message)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    return repr(value) if isinstance(value, str | float) else str(value).lower()


def _known_keys(path: SpecPath) -> list[str]:
    """Return the keys that are known at *path*."""
    if len(path) == 0:
        return keys_of(SpecPart)
    if len(path) < _SECTION_DEPTH:
        return keys_of(MachinePart)
    if path[-1] == "approvals":
        return keys_of(ApprovalsPart)
    if path[-1] == "guard":
        return keys_of(GuardPart)
    section = str(path[_SECTION_DEPTH - 1])
    part = SECTIONS.get(section) or SINGLE.get(section)
    return keys_of(part) if part else []
