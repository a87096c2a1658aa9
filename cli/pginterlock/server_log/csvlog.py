"""PostgreSQL's csvlog: its columns, and what a line of it says.

Pure: an open file in, lines out.
"""

import csv
import re
from collections.abc import Iterator
from typing import TextIO

from pginterlock.server_log.lines import BrokenLine, Line

_LIMIT = 2**30  # a statement may be as long as a value
_BEGINNING = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [^,]+,")
# By their place; 23 of them since 9.0, 26 since 14.
_COLUMNS = range(23, 40)
_TIME, _USER, _SESSION, _SESSION_LINE, _SQLSTATE = 0, 1, 5, 6, 12
_MESSAGE, _DETAIL, _HINT, _STATEMENT, _APPLICATION = 13, 14, 15, 19, 22


def is_one(head: str) -> bool:
    """Whether the beginning of a file is one of a csvlog."""
    return _BEGINNING.match(head) is not None


def read(text: TextIO) -> Iterator[Line]:
    """Yield the lines that have a DETAIL; raise BrokenLine where one is not of a csvlog."""
    csv.field_size_limit(_LIMIT)
    reader = csv.reader(text, strict=True)
    number = 0
    try:
        for row in reader:
            number = reader.line_num
            if len(row) not in _COLUMNS or not row[_TIME][:4].isdigit():
                raise BrokenLine(number, f"{len(row)} columns, which is no line of a csvlog")
            if row[_DETAIL].startswith("{"):
                yield _line(number, row)
    except csv.Error as error:
        raise BrokenLine(number + 1, f"broken or cut off ({error})") from None


def _line(number: int, row: list[str]) -> Line:
    return Line(
        number,
        row[_TIME],
        row[_USER],
        row[_SESSION],
        row[_SESSION_LINE],
        row[_SQLSTATE],
        row[_MESSAGE],
        row[_DETAIL],
        row[_HINT],
        row[_STATEMENT],
        row[_APPLICATION],
    )
