"""Edits of a project as somebody may make them, at random: of lines, functions, names and files."""

import random
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

_FUNCTION = re.compile(r"^([ \t]*)(?:async )?def (\w+)\(.*\):[^\n]*\n", re.MULTILINE)
_NAME = re.compile(r"\b[A-Za-z_]\w{2,}\b")
_SUFFIXES = (".py", ".sql")
_TRANSACTION = "with transaction.atomic():"
_FEW = 3  # edits that are made at once

Lines = list[str]


def files(folder: Path) -> list[Path]:
    """Return the files of code below *folder*, in order."""
    return sorted(it for it in folder.rglob("*") if it.suffix in _SUFFIXES and it.is_file())


def edit(folder: Path, chance: random.Random, among: Sequence[Path] = ()) -> str:
    """Change the code below *folder* in one way, of a file *among* some; return what was done.

    A file is made anew: what it is linked to stays.
    """
    every = list(among) or files(folder)
    path = chance.choice(every)
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    if chance.random() < 1 / 10:
        how: Callable[..., None] = chance.choice([_copy, _remove, _rename])
        how(path, text, chance)
        return f"{how.__name__.strip('_')} {path.relative_to(folder)}"
    lines = text.split("\n")
    if chance.random() < 1 / 3:
        other = chance.choice(every).read_text(encoding="utf-8", errors="surrogateescape")
        change: Callable[..., None] = chance.choice(_TAKING)
        change(lines, chance, other.split("\n"))
    else:
        change = chance.choice(_CHANGES)
        change(lines, chance)
    _write(path, "\n".join(lines))
    return f"{change.__name__.strip('_')} {path.relative_to(folder)}"


def edits(folder: Path, chance: random.Random) -> str:
    """Make a few edits; return what was done."""
    return ", ".join(edit(folder, chance) for _ in range(chance.randint(1, _FEW)))


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8", errors="surrogateescape")


# -- of files ----------------------------------------------------------------------------------


def _copy(path: Path, text: str, chance: random.Random) -> None:
    _write(path.with_name(f"{path.stem}_{chance.randint(0, 9)}{path.suffix}"), text)


def _remove(path: Path, _text: str, _chance: random.Random) -> None:
    path.unlink()


def _rename(path: Path, text: str, chance: random.Random) -> None:
    path.unlink()
    _copy(path, text, chance)


# -- of lines ----------------------------------------------------------------------------------


def _at(lines: Lines, chance: random.Random) -> int:
    return chance.randrange(len(lines))


def _comment(lines: Lines, chance: random.Random) -> None:
    lines.insert(_at(lines, chance), "# a comment")


def _blank(lines: Lines, chance: random.Random) -> None:
    lines.insert(_at(lines, chance), "")


def _append(lines: Lines, _chance: random.Random) -> None:
    lines += ["# the end", ""]


def _double(lines: Lines, chance: random.Random) -> None:
    at = _at(lines, chance)
    lines.insert(at, lines[at])


def _drop(lines: Lines, chance: random.Random) -> None:
    lines.pop(_at(lines, chance))
    lines[:] = lines or [""]


def _swap(lines: Lines, chance: random.Random) -> None:
    """Put another name of the file in the place of one."""
    at = _at(lines, chance)
    names = _NAME.findall("\n".join(lines)) or ["x"]
    if found := [*_NAME.finditer(lines[at])]:
        it = chance.choice(found)
        lines[at] = lines[at][: it.start()] + chance.choice(names) + lines[at][it.end() :]


def _state(lines: Lines, chance: random.Random) -> None:
    """Say another value, or column."""
    at = _at(lines, chance)
    for one, other in (("status", "state"), ('"paid"', '"new"'), ("save", "update")):
        lines[at] = lines[at].replace(one, other)


# -- of functions ------------------------------------------------------------------------------


def _function_at(lines: Lines, chance: random.Random) -> tuple[int, int, str, str] | None:
    """Return where a function begins and ends, how far it is indented, and its name."""
    text = "\n".join(lines)
    if not (found := [*_FUNCTION.finditer(text)]):
        return None
    it = chance.choice(found)
    first = text.count("\n", 0, it.start())
    end = first + 1
    deeper = it[1] + " "
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith(deeper)):
        end += 1
    return first, end, it[1], it[2]


def _body(lines: Lines, chance: random.Random) -> None:
    """Add a statement to a function."""
    if it := _function_at(lines, chance):
        lines.insert(it[0] + 1, f"{it[2]}    done = len('x')")


def _more(lines: Lines, chance: random.Random, other: Lines) -> None:
    """Add a function, or a class, that speaks of names of another file."""
    one, two, three = (chance.choice(_NAME.findall("\n".join(other)) or ["x"]) for _ in range(3))
    number = chance.randint(0, 99)
    told = chance.choice(
        [
            f"def more_{number}(order):\n    order.x = {one}(order, {two})\n    return {three}\n",
            f"class More{number}({one}):\n    def {two}(self):\n        self.{three} = 1\n",
            f"class {one}({two}):\n    {three} = 1\n",
            f"from store.{one} import {two}\n\n{two}({three})\n",
            f"def {one}({two}):\n    with transaction.atomic():\n        {two}({three})\n",
        ]
    )
    lines += ["", *told.split("\n")]


def _paste(lines: Lines, chance: random.Random, other: Lines) -> None:
    """Lay a function of another file down at the end."""
    if it := _function_at(other, chance):
        lines += ["", *textwrap.dedent("\n".join(other[it[0] : it[1]])).split("\n")]


def _line(lines: Lines, chance: random.Random, other: Lines) -> None:
    """Lay a line of another file down."""
    lines.insert(_at(lines, chance), other[_at(other, chance)])


def _less(lines: Lines, chance: random.Random) -> None:
    """Take a function away."""
    if it := _function_at(lines, chance):
        del lines[it[0] : it[1]]


def _twice(lines: Lines, chance: random.Random) -> None:
    """Lay a function down once more, under another name."""
    if it := _function_at(lines, chance):
        held = [one.replace(it[3], f"{it[3]}_too") for one in lines[it[0] : it[1]]]
        lines[it[1] : it[1]] = held


def _protect(lines: Lines, chance: random.Random) -> None:
    """Put the body of a function into a transaction, or take it out of one."""
    for at, line in enumerate(lines):
        if _TRANSACTION in line and chance.random() < 1 / 2:
            lines[at] = line.replace(_TRANSACTION, "if True:")
            return
    if it := _function_at(lines, chance):
        first, end, indent, _ = it
        held = [f"    {one}" if one.strip() else one for one in lines[first + 1 : end]]
        lines[first + 1 : end] = [f"{indent}    {_TRANSACTION}", *held]


_CHANGES: Sequence[Callable[[Lines, random.Random], None]] = (
    _comment, _blank, _append, _double, _drop, _swap, _swap, _state, _body, _body, _less, _twice,
    _protect,
)  # fmt: skip
_TAKING: Sequence[Callable[[Lines, random.Random, Lines], None]] = (_more, _more, _paste, _line)
