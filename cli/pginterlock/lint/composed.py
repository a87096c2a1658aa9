"""SQL that Python puts together of pieces: ``text(...)``, ``SQL(...).format(Identifier(...))``.

Pure: values in, text out.
"""

import re
from collections.abc import Sequence

from pginterlock.lint.actions import UNKNOWN
from pginterlock.lint.values import NOTHING, Call, Value, chain, is_call_of

_SLOT = re.compile(r"\{\{|\}\}|\{(\w*)\}")
_BRACES = {"{{": "{", "}}": "}"}


def text_of(value: Value) -> str | None:
    """Return the SQL that *value* is: a text, ``text(...)``, ``DDL(...)``; None if it is none."""
    if isinstance(value, str):
        return value
    links = chain(value)
    for number, it in enumerate(links):
        if is_call_of(it, "text", "DDL", "SQL") and isinstance(it, Call):
            told = it.argument(0, "text", "statement")
            if not isinstance(told, str):
                return None
            return _formatted(told, links[:number]) if it.name == "SQL" else told
    return None


def _formatted(text: str, around: Sequence[Value]) -> str:
    """Return *text* with what ``format`` puts into its braces."""
    for it in around:
        if is_call_of(it, "format") and isinstance(it, Call):
            return _filled(text, it)
    return text


def _filled(text: str, made: Call) -> str:
    given = iter(made.args)

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return _BRACES[match[0]]
        if name.isdigit():
            return _piece(made.argument(int(name)))
        return _piece(made.named.get(name, NOTHING) if name else next(given, NOTHING))

    return _SLOT.sub(fill, text)


def _piece(value: Value) -> str:
    """Return a piece as it stands in the SQL."""
    words = [str(it) for it in value.args if isinstance(it, str)] if isinstance(value, Call) else []
    if is_call_of(value, "Identifier") and words:
        return ".".join('"' + it.replace('"', '""') + '"' for it in words)
    if is_call_of(value, "Literal") and words:
        return "'" + words[0].replace("'", "''") + "'"
    told = text_of(value)
    return told if told is not None else UNKNOWN
