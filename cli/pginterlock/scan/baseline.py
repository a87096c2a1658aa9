"""The baseline: the write sites that were there, so that only new ones fail.

A site is known again when lines above it come and go. Pure: data in, data out.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pginterlock.errors import UsageError
from pginterlock.scan.judged import Judged
from pginterlock.scan.site import Site, Unread

FORMAT = "interlock scan baseline 1"
_PARTS = ("file", "enclosing", "model", "field", "construct", "text")
_REMEDY = "Write it anew: interlock scan PATH --write-baseline FILE."

Key = tuple[str, str, str, str, str, str, int]
# Behind a statement it says nothing of what is written.
_COMMENT = re.compile(r"\s+(?:#|--)\s.*\Z")

Named = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was there: sites, by what they are known by, and files that could not be read."""

    keys: frozenset[Key]
    unread: frozenset[str] = frozenset()


def keys_of(sites: Iterable[Site], named: Named) -> list[Key]:
    """Return what each of *sites* is known by, in their order.

    *named* gives a file the name that it has in the baseline. Equal ones are numbered by line.
    """
    every = list(sites)
    in_order = sorted(range(len(every)), key=lambda n: (every[n].line, every[n].column))
    seen: Counter[tuple[str, ...]] = Counter()
    found: dict[int, Key] = {}
    for number in in_order:
        it = every[number]
        model = it.model or it.table or ""
        part = (named(it.file), it.enclosing, model, it.field, it.construct, bare(it.text))
        seen[part] += 1
        found[number] = (*part, seen[part])
    return [found[number] for number in range(len(every))]


def bare(text: str) -> str:
    """Return the line of a statement without the comment behind it."""
    return _COMMENT.sub("", text)


def compared(sites: Sequence[Judged], before: Baseline, named: Named) -> tuple[list[Judged], int]:
    """Return *sites* with what is new in them, and how many of *before* are gone."""
    keys = keys_of((it.site for it in sites), named)
    marked = [
        replace(it, is_new=key not in before.keys) for it, key in zip(sites, keys, strict=True)
    ]
    return marked, len(before.keys.difference(keys))


def to_text(sites: Sequence[Judged], unread: Iterable[Unread], named: Named) -> str:
    """Return the baseline of *sites* as text: a site a line, in order, so that changes show."""
    counted = {id(it.site) for it in sites if it.is_counted}
    pairs = zip(sites, keys_of((it.site for it in sites), named), strict=True)
    keys = sorted(key for it, key in pairs if id(it.site) in counted)
    lines = [json.dumps(dict(zip((*_PARTS, "ordinal"), key, strict=True))) for key in keys]
    files = sorted({named(it.file) for it in unread})
    body = ",\n    ".join(lines)
    told = f"[\n    {body}\n  ]" if lines else "[]"
    return f'{{\n  "format": "{FORMAT}",\n  "sites": {told},\n  "unread": {json.dumps(files)}\n}}\n'


def read(text: str, file: str) -> Baseline:
    """Return the baseline that *text*, of *file*, holds; raise UsageError where it holds none."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise UsageError(f"{file}: this is {told['format']!r}, not {FORMAT!r}", remedy=_REMEDY)
        keys = frozenset(_key(it) for it in told["sites"])
        return Baseline(keys, frozenset(str(it) for it in told["unread"]))
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} is no baseline of interlock scan", remedy=_REMEDY) from error


def _key(told: Mapping[str, object]) -> Key:
    file, enclosing, model, field, construct, text = (str(told[name]) for name in _PARTS)
    ordinal = told["ordinal"]
    if type(ordinal) is not int:
        raise TypeError
    return file, enclosing, model, field, construct, text, ordinal
