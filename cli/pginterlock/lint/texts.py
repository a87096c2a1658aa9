"""Methods of texts, lists and dicts, and functions that every Python file has.

Pure: values in, values out.
"""

import re
import textwrap
from collections.abc import Callable, Mapping

from pginterlock.lint.actions import UNKNOWN
from pginterlock.lint.values import NOTHING, Call, Origin, Value, Written

_MOST = 2_000  # items of a list that grows
KNOWN = (str, int, float, bool, type(None))
_TEXT_METHODS = frozenset(
    ["upper", "lower", "strip", "lstrip", "rstrip", "replace", "title", "join", "split", "format"]
)


_LONGEST = 1_000_000
_WIDE = re.compile(r"\d{5}")


def capped(text: str) -> Value:
    """Return *text*, NOTHING where it has grown beyond what anybody writes."""
    return text if len(text) <= _LONGEST else NOTHING


def modulo(pattern: str, right: Value) -> Value:
    """Return ``pattern % right``, NOTHING where that cannot be told."""
    if _WIDE.search(pattern):  # a width that would fill the memory
        return NOTHING
    if isinstance(right, dict):
        known = {k: v if isinstance(v, KNOWN) else UNKNOWN for k, v in right.items()}
        told: object = known
    else:
        items = right if isinstance(right, tuple) else (right,)
        told = tuple(it if isinstance(it, KNOWN) else UNKNOWN for it in items)
    try:
        return pattern % told
    except (TypeError, ValueError, KeyError):
        return NOTHING


def method(base: Value, name: str, made: Call) -> Value:
    """Return what a method of a text, a list or a dict gives; `append` and `extend` are done."""
    if isinstance(base, str) and name in _TEXT_METHODS:
        return _text_method(base, name, made)
    if isinstance(base, list) and len(base) > _MOST:
        return NOTHING
    if isinstance(base, list) and name in ("append", "extend") and made.args:
        added = made.args[0]
        if name == "append":
            base.append(added)
        elif isinstance(added, (list, tuple)):
            base.extend(added)
        return None
    return _dict_method(base, name, made) if isinstance(base, dict) else NOTHING


def _dict_method(base: dict[Value, Value], name: str, made: Call) -> Value:
    match name:
        case "items":
            return list(base.items())
        case "keys":
            return list(base)
        case "values":
            return list(base.values())
        case "get" if made.args and isinstance(made.args[0], KNOWN):
            return base.get(made.args[0], made.argument(1))
    return NOTHING


def _text_method(base: str, name: str, made: Call) -> Value:
    args = [it if isinstance(it, KNOWN) else UNKNOWN for it in made.args]
    try:
        if name == "join":
            items = made.args[0] if made.args else NOTHING
            if not isinstance(items, (list, tuple)):
                return UNKNOWN
            return capped(base.join(it if isinstance(it, str) else UNKNOWN for it in items))
        if name == "format" and not _WIDE.search(base):
            named = {k: v if isinstance(v, KNOWN) else UNKNOWN for k, v in made.named.items()}
            return base.format(*args, **named)
        told: Value = NOTHING if name == "format" else getattr(base, name)(*args)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return NOTHING
    if isinstance(base, Written) and isinstance(told, str) and "strip" in name:
        skipped = base[: len(base) - len(base.lstrip())].count("\n") if name != "rstrip" else 0
        at = base.origin
        return Written(told, Origin(at.line + skipped, at.column, at.last, is_block=at.is_block))
    return told


def _dedent(value: Value) -> Value:
    if not isinstance(value, str):
        return NOTHING
    told = textwrap.dedent(value)
    return Written(told, value.origin) if isinstance(value, Written) else told


def _as_list(value: Value) -> Value:
    return list(value) if isinstance(value, (list, tuple, dict)) else NOTHING


def _enumerated(value: Value) -> Value:
    return list(enumerate(value)) if isinstance(value, (list, tuple)) else NOTHING


BUILT_IN: Mapping[str, Callable[[Value], Value]] = {
    "textwrap.dedent": _dedent,
    "inspect.cleandoc": _dedent,
    "list": _as_list,
    "tuple": _as_list,
    "sorted": _as_list,
    "reversed": _as_list,
    "set": _as_list,
    "frozenset": _as_list,
    "enumerate": _enumerated,
}
