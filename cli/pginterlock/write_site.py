"""Where a statement comes from, for people: sqlcommenter tags, or its shape.

Pure: text in, data out. The database groups by the same text (``interlock.write_site``).
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

_TAG = re.compile(r"\s*([\w.%-]+)\s*=\s*'((?:[^'\\]|\\.|'')*)'\s*(?:,|\Z)")
# In this order they make a name; the first of each row that is there is taken.
_NAMES = (("controller", "route", "view"), ("action",), ("file",))
_SHOWN = 100
_LONGEST = 200
_LAST_COMMENT = re.compile(r"/\*((?:[^*]|\*(?!/))*)\*/[\s;]*\Z")
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_VALUE = re.compile(r"'(?:[^']|'')*'|\$\d+|\b\d+(?:\.\d+)?\b")
_ONE = r"\(\s*\?(?:\s*,\s*\?)*\s*\)"
_LISTED = re.compile(rf"{_ONE}(?:\s*,\s*{_ONE})*")


def of_statement(statement: str) -> str:
    """Return the site of *statement*, as ``interlock.write_site`` does in the database."""
    comment = _LAST_COMMENT.search(statement)
    if comment and _TAG.match(comment[1]):
        kept = [
            part[0]
            for part in _TAG.finditer(comment[1])
            if unquote(part[1]) not in ("traceparent", "tracestate")
        ]
        if told := "".join(kept).strip(", \n\t"):
            return f"/*{told}*/"
    shape = _COMMENT.sub(" ", statement)
    shape = _LISTED.sub("(?)", _VALUE.sub("?", shape))
    return re.sub(r"\s+", " ", shape).strip(" ")[:_LONGEST]


def tags(site: str) -> Mapping[str, str]:
    """Return the tags of *site*, ``/*key='value',...*/``; none where it is a shape.

    What is broken within is left out, and what came before it is kept.
    """
    if not (site.startswith("/*") and site.endswith("*/")):
        return {}
    found: dict[str, str] = {}
    text, place = site[2:-2], 0
    while match := _TAG.match(text, place):
        value = match[2].replace("\\'", "'").replace("''", "'")
        found[unquote(match[1])] = unquote(value)
        place = match.end()
    return found


def label(site: str) -> str:
    """Return *site* as one short line."""
    told = tags(site)
    names = [next((told[n] for n in row if told.get(n)), "") for row in _NAMES]
    if name := " ".join(filter(None, names)):
        return name
    if told:
        return ", ".join(f"{key}={value}" for key, value in told.items())
    line = " ".join(site.split()) or "(no statement)"
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."
