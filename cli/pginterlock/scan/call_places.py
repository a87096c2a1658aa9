"""Where the text of a module calls a name, and what may stand between the parentheses. Pure."""

import re
from collections.abc import Iterator

_DEFINING = (b"def ", b"class ")
# A short text, or else one character that counts.
_TOKEN = re.compile(
    rb"\"(?:[^\"\\\n]|\\.)+\"(?!\")|'(?:[^'\\\n]|\\.)+'(?!')|\"\"(?!\")|''(?!')|[()\[\]{},*#\"']"
)


def places(raw: bytes, name: bytes) -> Iterator[tuple[int, int]]:
    """Yield where *name* is called: the line, and where the parenthesis is."""
    line, counted, at = 1, 0, raw.find(name)
    while at >= 0:
        end = at + len(name)
        opening = end + raw[end : end + 1].isspace()
        if (
            raw[opening : opening + 1] == b"("
            and not _is_of_word(raw[at - 1 : at])
            and not raw.endswith(_DEFINING, max(0, at - 6), at)
        ):
            line += raw.count(b"\n", counted, at)
            counted = at
            yield line, opening
        at = raw.find(name, end)


def _is_of_word(before: bytes) -> bool:
    return before.isalnum() or before == b"_" or before >= b"\x80"


# Of a call: the commas between its arguments, and where it ends; 0 where anything may follow.
Inner = tuple[int, int]


def inner(raw: bytes, opening: int) -> Inner:
    """Return what stands in the call whose parenthesis is at *opening*."""
    depth = commas = 0
    for match in _TOKEN.finditer(raw, opening):
        match match[0]:
            case b"(" | b"[" | b"{":
                depth += 1
            case b")" | b"]" | b"}":
                depth -= 1
                if not depth:
                    return commas, match.start()
            case b"," if depth == 1:
                commas += 1
            case b"*" if depth == 1:
                break
            case b"#" | b'"' | b"'":
                break
    return commas, 0


def may_hand(raw: bytes, opening: int, held: Inner, number: int | None, name: bytes) -> bool:
    """Say whether the call whose parenthesis is at *opening* may hand something to a parameter.

    *held* is what stands in it. The parameter is called *name*, and is the one of that *number*,
    where it has one.
    """
    commas, end = held
    if not end or (number is not None and commas and commas >= number):
        return True
    is_first = number == 0 and bool(raw[opening + 1 : end].strip())
    return is_first or raw.find(name, opening + 1, end) >= 0
