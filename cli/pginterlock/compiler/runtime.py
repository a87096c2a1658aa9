"""The functions of ``sql/runtime`` as objects: what the catalog says of them when they are right.

Pure: text in, `DbObject`s out.
"""

import re
from collections import Counter
from collections.abc import Mapping

from pginterlock.objects import DbObject, ObjectKind

_NAME = re.compile(r"^create or replace function interlock\.(\w+)\(", re.MULTILINE)
_BODY = re.compile(r"^as \$\$(.*?)\$\$;", re.MULTILINE | re.DOTALL)
_SIGNATURE = re.compile(r"^comment on function interlock\.(\w+\([^)]*\))", re.MULTILINE)
_LANGUAGE = re.compile(r"^ {4}language (\w+)$", re.MULTILINE)
_PATH = re.compile(r"^ {4}set search_path = (.*)$", re.MULTILINE)
_VOLATILITY = re.compile(r"^ {4}(immutable|stable)$", re.MULTILINE)


def runtime_objects(files: Mapping[str, str]) -> list[DbObject]:
    """Return one object for each file of *files* (name to text), in their order.

    It is called by its name, and where there are several of one name by its types too.
    """
    names = Counter(_first(_NAME, text) for text in files.values())
    return [_object(text, is_one=names[_first(_NAME, text)] == 1) for text in files.values()]


def _object(text: str, *, is_one: bool) -> DbObject:
    code = text[text.index("create or replace") :]
    volatility = _VOLATILITY.search(code)
    path = _PATH.search(code)
    return DbObject(
        ObjectKind.FUNCTION,
        _first(_NAME, code) if is_one else _signature(code),
        "",
        (
            ("body", _first(_BODY, code)),
            ("language", _first(_LANGUAGE, code)),
            ("security", "definer" if "\n    security definer\n" in code else "invoker"),
            ("settings", f"search_path={path[1]}" if path else ""),
            ("volatility", volatility[1][0] if volatility else "v"),
        ),
        create=text,
        replace=text,
        reason=text.split("\n", 1)[0].removeprefix("-- ").rstrip("."),
    )


def _signature(code: str) -> str:
    """Return name and types, as the catalog writes them."""
    return re.sub(r"\(\s+", "(", re.sub(r"\s+", " ", _first(_SIGNATURE, code))).replace(" )", ")")


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise AssertionError(f"a file of sql/runtime lacks {pattern.pattern}")
    return found[1]
