"""From calls and texts in Python to places in the file.

Pure: data in, data out.
"""

import ast
from collections.abc import Sequence

from pginterlock.lint.actions import Locate, Place
from pginterlock.lint.values import Value, Written


def place_of(node: ast.expr, function: str, around: Sequence[ast.expr] = ()) -> Place:
    """Return where *node* stands; comments at the calls *around* it speak of it too."""
    spans = [(it.lineno, it.end_lineno or it.lineno) for it in (node, *around)]
    return Place(node.lineno, node.col_offset + 1, function, tuple(spans))


def locate_in(text: Value, call: Place) -> Locate:
    """Return from characters of *text* to places: its own lines, else where it is used."""
    if not isinstance(text, Written):
        return lambda _start, _end: call
    origin = text.origin

    def locate(start: int, end: int) -> Place:
        if not origin.is_block:
            spans = ((origin.line, origin.last), *call.spans)
            return Place(origin.line, origin.column, call.function, spans)
        above = text.count("\n", 0, start)
        begin = text.rfind("\n", 0, start) + 1
        column = start - begin + (origin.column if above == 0 else 1)
        line, last = origin.line + above, origin.line + text.count("\n", 0, end)
        return Place(line, column, call.function, ((line, last), *call.spans))

    return locate
