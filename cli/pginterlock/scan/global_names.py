"""The names of a module that functions give values: ``global``. Pure: text in, data out."""

import re
from collections.abc import Mapping

# It begins with a word, not with where a line does: `re` looks for that first, and so is faster.
_GLOBAL = re.compile(r"global[ \t]+(\w+(?:[ \t]*,[ \t]*(?:\\\n[ \t]*)?\w+)*)")
_NAME = re.compile(r"\w+")


def lines_of_globals(text: str) -> Mapping[str, list[int]]:
    """Return for each name that functions declare so the lines on which they do."""
    found: dict[str, list[int]] = {}
    line, counted = 1, 0
    for it in _GLOBAL.finditer(text) if "global " in text else ():
        line += text.count("\n", counted, it.start())
        counted = it.start()
        if not text[text.rfind("\n", 0, it.start()) + 1 : it.start()].strip():
            for name in _NAME.findall(it[1]):
                found.setdefault(name, []).append(line)
    return found
