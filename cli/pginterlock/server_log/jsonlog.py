"""PostgreSQL's jsonlog: one JSON object a line.

Pure: an open file in, lines out. Most lines have no DETAIL of ours: those are not taken apart.
"""

import json
from collections.abc import Iterator
from typing import TextIO

from pginterlock.server_log.lines import BrokenLine, Line

# A code of ours, as it stands in a text inside of JSON.
_OURS = '\\"code\\": \\"IL'


def is_one(head: str) -> bool:
    """Whether the beginning of a file is one of a jsonlog."""
    first = head.lstrip().split("\n", 1)[0]
    if "\n" not in head.lstrip():
        return first.startswith('{"timestamp"')
    try:
        found = json.loads(first)
    except ValueError:
        return first.startswith('{"timestamp"')
    return isinstance(found, dict) and "timestamp" in found


def read(text: TextIO) -> Iterator[Line]:
    """Yield the lines that may tell of a refusal; raise BrokenLine where one is no JSON object."""
    for number, line in enumerate(text, start=1):
        bare = line.strip()
        if not bare:
            continue
        if not (bare.startswith("{") and bare.endswith("}")):
            raise BrokenLine(number, "broken or cut off (no JSON object)")
        if _OURS in bare:
            yield _line(number, bare)


def _line(number: int, text: str) -> Line:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BrokenLine(number, f"broken or cut off ({error})") from None

    def said(name: str) -> str:
        value = found.get(name)
        return "" if value is None else str(value)

    return Line(
        number,
        said("timestamp"),
        said("user"),
        said("session_id"),
        said("line_num"),
        said("state_code"),
        said("message"),
        said("detail"),
        said("hint"),
        said("statement"),
        said("application_name"),
    )
