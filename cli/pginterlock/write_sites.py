"""Where a statement comes from: its sqlcommenter tags, or else its shape.

Pure: text in, text out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

CUT = " ... "
_SHAPE_LIMIT = 200
# They tell one call from another, and no write site.
_OF_ONE_CALL = ("traceparent", "tracestate")
# What tells a write site, in the order in which it is shown; the rest follows.
_FIRST = ("route", "controller", "action", "file", "func", "job", "framework", "db_driver")
_PAIR = r"\s*([^=,\s'*/]+)='((?:[^'\\]|\\.)*)'\s*"
_PAIRS = re.compile(rf"{_PAIR}(?:,{_PAIR})*,?\s*\Z", re.DOTALL)
_ONE = re.compile(_PAIR, re.DOTALL)
_LITERAL = re.compile(
    r"""
      \$(\w*)\$ .*? \$\1\$
    | (?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'
    | (?:(?<![\w$])[bBxXnN])?'(?:[^']|'')*(?:'|\Z)
    | \$\d+ | %\(\w+\)s | %s | (?<![\w.$])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_LIST = re.compile(r"\((?: ?\?(?: ?, ?\?)*) ?\)(?: ?, ?\((?: ?\?(?: ?, ?\?)*) ?\))*")


@dataclass(frozen=True, slots=True)
class WriteSite:
    """A place that writes, as seen from the database.

    *tags* is what the statement says of it; without tags it is known by application and *shape*.
    """

    tags: tuple[tuple[str, str], ...] = ()
    application: str = ""
    shape: str = ""

    @property
    def label(self) -> str:
        """The site as people read it."""
        if self.tags:
            return " ".join(f"{name}={value}" for name, value in self.tags)
        return f"{self.application}: {self.shape}" if self.application else self.shape


def site_of(statement: str, application: str) -> WriteSite:
    """Return the write site of *statement*, sent by *application*."""
    if found := tags(statement):
        kept = {name: value for name, value in found.items() if name not in _OF_ONE_CALL}
        ordered = sorted(kept, key=lambda name: (_rank(name), name))
        if ordered:
            return WriteSite(tuple((name, kept[name]) for name in ordered))
    return WriteSite((), application, shape(statement))


def tags(statement: str) -> Mapping[str, str]:
    """Return the sqlcommenter tags at the end of *statement*; nothing where there are none.

    Of several comments at the end the last one that holds tags counts. Where the statement was cut
    in its middle, and a comment with it, what is left of that is read.
    """
    rest = statement.rstrip().rstrip(";").rstrip()
    while rest.endswith("*/"):
        start = rest.rfind("/*")
        cut = rest.rfind(CUT)
        if start < cut or start < 0:
            return _cut_pairs(rest[cut + len(CUT) : -2]) if cut >= 0 else {}
        if found := _pairs(rest[start + 2 : -2]):
            return found
        rest = rest[:start].rstrip().rstrip(";").rstrip()
    return {}


def shape(statement: str) -> str:
    """Return *statement* in one line, without comments, its values as question marks."""
    bare = _COMMENT.sub(" ", _LITERAL.sub("?", statement))
    line = _LIST.sub("(?)", " ".join(bare.split())).rstrip("; ")
    return line if len(line) <= _SHAPE_LIMIT else f"{line[:_SHAPE_LIMIT]}..."


def _pairs(body: str) -> dict[str, str]:
    if not _PAIRS.match(body):
        return {}
    return {unquote(name): _value(value) for name, value in _ONE.findall(body)}


def _cut_pairs(body: str) -> dict[str, str]:
    """Return the pairs of the end of a comment; the first one may have lost its beginning."""
    return _pairs(body) or _pairs(body.partition("',")[2])


def _value(text: str) -> str:
    return unquote(re.sub(r"\\(.)", r"\1", text))


def _rank(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)
