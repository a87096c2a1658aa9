"""What the text of a module tells before it is parsed. Pure: bytes in, data out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from sys import intern

# It begins with what all that fit begin with: `re` looks for that first, and so is much faster.
_CLASS = re.compile(rb"class[ \t]+(\w+)(?=[ \t]*(?:\(([^)]{0,2000})\))?)")
_WORD = re.compile(rb"\w+")
# A text from its end to its beginning: so it is looked for by a parenthesis, which is much faster.
_DELLAC = re.compile(rb"\( ?(\w+)")
# Also from its end: what follows a name that is handed over, but for blanks.
_DEDNAH = re.compile(rb"[,)#\\]\s*(\w+)")
_BACK = re.compile(rb"(?:related_name|backref)\s*=\s*(?:\w+\.)*(?:backref\(\s*)?[\"'](\w+)[\"']")


def lines_with(raw: bytes, word: bytes) -> Iterator[bytes]:
    """Yield the lines of a module's text in which a word stands."""
    at = raw.find(word)
    while at >= 0:
        end = raw.find(b"\n", at)
        end = end if end >= 0 else len(raw)
        yield raw[raw.rfind(b"\n", 0, at) + 1 : end]
        at = raw.find(word, end)


def classes_in(raw: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield the classes that a module's text seems to define, with the words of their bases."""
    if b"class " not in raw:
        return
    for match in _CLASS.finditer(raw):
        at = match.start()
        if not raw[raw.rfind(b"\n", 0, at) + 1 : at].strip(b" \t"):
            bases = _WORD.findall(match[2] or b"")
            yield (
                _told(match[1]),
                [_told(it) for it in bases],
            )


def names_called_in(raw: bytes) -> set[str]:
    """Return the names that something is called by in a module's text."""
    return {_told(it[::-1]) for it in set(_DELLAC.findall(raw[::-1]))}


def names_handed_in(raw: bytes) -> set[str]:
    """Return the names that a module's text may hand over as they are, and others."""
    return {_told(it[::-1]) for it in set(_DEDNAH.findall(raw[::-1]))}


def leading_back_in(raw: bytes) -> set[str]:
    """Return the names that relations have from their other side in a module's text."""
    if b"related_name" not in raw and b"backref" not in raw:
        return set()
    return {_told(it) for it in set(_BACK.findall(raw))}


def _told(word: bytes) -> str:
    """Return a word as text, the same object each time: most files say what others say."""
    return intern(word.decode("ascii", "replace"))


def patterns(names: Iterable[str]) -> dict[bytes, re.Pattern[bytes]]:
    """Return for each of *names* what the text of a line holds that may write it."""
    return {name: _pattern(name) for name in map(str.encode, names)}


def _pattern(name: bytes) -> re.Pattern[bytes]:
    # It begins with the name itself: `re` looks for that first, and so is much faster.
    behind = rb"(?:\.value\b)?" if name.isupper() else rb"(?:\.(?:key|name)\b)?"
    return re.compile(
        rb"%b(?<!\w%b)\b(?=[\"']|[ \t]*(?:[-+|&*/]|//|\*\*)?=(?!=)|%b[ \t]*[,)\]:]|[ \t]*\n)"
        % (re.escape(name), re.escape(name), behind)
    )


def hit_lines(raw: bytes, wanted: Mapping[bytes, re.Pattern[bytes]]) -> list[int]:
    """Return the lines of a text in which one of *wanted* is found."""
    places = sorted(
        match.start()
        for name, looked in wanted.items()
        if name in raw
        for match in looked.finditer(raw)
    )
    found: list[int] = []
    line, counted = 1, 0
    for at in places:
        line += raw.count(b"\n", counted, at)
        counted = at
        if not found or found[-1] != line:
            found.append(line)
    return found
