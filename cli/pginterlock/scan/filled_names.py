"""Names of tables and columns in which something is filled in: ``{schema}.orders``. Pure."""

import ast
from collections.abc import Iterator

from pginterlock.scan.made_texts import UNKNOWN
from pginterlock.scan.sql_holes import OPEN

_QUOTES = '"`[]'


def filling(part: str, node: ast.expr) -> ast.expr | None:
    """Return what fills in a part of a name, in braces; None where nothing does."""
    if not part.startswith("{"):
        return None
    try:
        filled = ast.parse(part[1:-1].strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    for one in ast.walk(filled):
        if isinstance(one, ast.expr):
            ast.copy_location(one, node)
    return filled


def known(table: str) -> str:
    """Return what is known of a name at its end: an unknown schema is left out."""
    schema, _, name = table.rpartition(".")
    name = name.strip().strip(_QUOTES)
    is_known = name.replace("_", "").replace("$", "").isalnum() and UNKNOWN not in name
    if not is_known:
        return ""
    return name if not schema or OPEN in schema or "{" in schema else f"{schema}.{name}"


def parts(table: str) -> Iterator[str]:
    """Yield what is written, and what is filled in, with the braces around it."""
    start, depth = 0, 0
    for at, letter in enumerate(table):
        if letter == "{":
            if depth == 0 and at > start:
                yield table[start:at]
            start = at if depth == 0 else start
            depth += 1
        elif letter == "}" and depth:
            depth -= 1
            if depth == 0:
                yield table[start : at + 1]
                start = at + 1
    if start < len(table):
        yield table[start:]


def filled(text: ast.JoinedStr) -> Iterator[ast.FormattedValue]:
    """Return what is filled in in an f-string."""
    return (one for one in text.values if isinstance(one, ast.FormattedValue))


def put_in(text: ast.JoinedStr, name: str, value: str) -> str:
    """Return *text* with *value* for *name*, and some name of a table for all else."""
    told = []
    for it in text.values:
        match it:
            case ast.Constant(value=str(plain)):
                told.append(plain)
            case ast.FormattedValue(value=ast.Name(id=filled)) if filled == name:
                told.append(value)
            case _:
                told.append("t")
    return "".join(told)
