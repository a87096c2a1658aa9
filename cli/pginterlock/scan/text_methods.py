"""What the methods of a text make of it, and calls that give back the text they get. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence

from pginterlock.scan.sql_holes import OPEN

_FORMAT = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}!:]*)[^{}]*\}")
_PERCENT = re.compile(r"%%|%(?:\((?P<name>\w+)\))?[-#0 +]*\d*(?:\.\d+)?[srdifa]")
_TEMPLATE = re.compile(r"\$\$|\$\{?(?P<name>[A-Za-z_]\w*)\}?")
_QUOTES = re.compile(r"quote|escape_ident|^qn$", re.IGNORECASE)
# Calls that give back the text they get, or one whose words are the same.
WRAPPERS = frozenset(
    ["str", "SQL", "text", "dedent", "cleandoc", "TextClause", "literal_column", "Template"]
)
SAME = frozenset([
    "strip", "lstrip", "rstrip", "lower", "upper", "casefold", "replace", "encode", "decode",
    "as_string",
])  # fmt: skip

# From a text, what fills it in by number and by name, and what stands for the rest.
Put = Callable[[str, Sequence[str], Mapping[str, str], str], str]


def quotes(name: str) -> bool:
    """Say whether what is called so gives back the name of a table or column, quoted."""
    return bool(_QUOTES.search(name))


def replaced(text: str, old: str, new: str) -> str:
    """Return what ``text.replace(old, new)`` is, where it is known what is replaced."""
    return text.replace(old, new) if old and OPEN not in old else text


def asked_in(put: "Put", text: str) -> list[str]:
    """Return the names that *put* fills in in a text."""
    named = _NAMED[put].finditer(text)
    return [*dict.fromkeys(it["name"].strip() for it in named if it["name"])]


def by_percent(text: str, args: Sequence[str], named: Mapping[str, str], unknown: str) -> str:
    """Return what ``text % args`` is; by name, nothing is known."""
    left = iter(args)

    def put(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        return named.get(match["name"], unknown) if match["name"] else next(left, unknown)

    return _PERCENT.sub(put, text)


def by_format(text: str, args: Sequence[str], named: Mapping[str, str], unknown: str) -> str:
    """Return what ``text.format(*args, **named)`` is."""
    count = iter(range(len(args)))

    def put(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        name = match["name"].strip()
        if name.isdigit() or not name:
            at = int(name) if name else next(count, len(args))
            return args[at] if at < len(args) else unknown
        return named.get(name, unknown)

    return _FORMAT.sub(put, text)


def by_template(text: str, args: Sequence[str], named: Mapping[str, str], unknown: str) -> str:
    """Return what ``Template(text).substitute(**named)`` is."""
    del args

    def put(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else named.get(match["name"], unknown)

    return _TEMPLATE.sub(put, text)


_NAMED: dict[Put, re.Pattern[str]] = {
    by_percent: _PERCENT,
    by_format: _FORMAT,
    by_template: _TEMPLATE,
}
