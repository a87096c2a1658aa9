"""A write map as Markdown, in the shape of a report that people write by hand.

Pure: data in, text out.
"""

import re
from collections.abc import Iterator

from pginterlock.report import markdown_table
from pginterlock.scan.judged import Judged, Protection
from pginterlock.scan.report import Report, context, note, place, transaction, values
from pginterlock.scan.sections import Section, sections

_MARKS = {Protection.PROTECTED: "✅", Protection.UNPROTECTED: "❌", Protection.NOTHING_RUNS: ""}
_TICKS = re.compile("`{3,}")
_LONE = r"(?<!\w)_|_(?!\w)"  # within a word it says nothing
_SPECIAL = re.compile(rf"([\\`*~&\[\]<>|]|{_LONE})")
_IN_CELLS = re.compile(rf"[`*~&\[\]]|{_LONE}")
# What begins a list, a heading or a rule at the beginning of a line.
_START = re.compile(r"^(\d*)([-+#.)=~])")


def to_markdown(report: Report) -> str:
    """Return *report* as one document."""
    lines = [f"# Write map of {escaped(', '.join(report.subjects))}", ""]
    for it in sections(report):
        lines += _section(it, 2)
    return "\n".join(lines).rstrip() + "\n"


def _section(it: Section, level: int) -> Iterator[str]:
    yield from (f"{'#' * level} {escaped(it.title)}", "")
    for told in it.paragraphs:
        yield from (escaped(told), "")
    if it.points:
        yield from (f"{_bullet(it, n)} {_marked(told)}" for n, told in enumerate(it.points, 1))
        yield ""
    if it.table:
        rows = [[_cell(cell) for cell in row] for row in it.table.rows]
        if it.table.has_total:
            rows[-1] = [f"**{cell}**" if cell else "" for cell in rows[-1]]
        yield from (markdown_table(it.table.headings, rows), "")
    for site in it.sites:
        yield from (*_site(site), "")
    for part in it.parts:
        yield from _section(part, level + 1)


def _bullet(it: Section, number: int) -> str:
    return f"{number}." if it.title == "Recommendations" else "-"


def _site(it: Judged) -> Iterator[str]:
    is_sql = it.site.file.endswith(".sql")
    sign = "--" if is_sql else "#"
    mark = _MARKS.get(it.protection, "⚠️")
    told = [
        f"File: {place(it)}",
        f"Context: {context(it)}",
        f"Transaction: {transaction(it)} {mark}".rstrip(),
    ]
    after = [f"Writes: {values(it)}", *([f"NOTE: {told_of}"] if (told_of := note(it)) else [])]
    after += [f"FINDING {one.code.value}: {one.message}" for one in it.remarks]
    body = [*(f"{sign} {one}" for one in told), it.site.text, *(f"{sign} {one}" for one in after)]
    flat = [" ".join(one.split("\n")) for one in body]
    fence = max([3, *(len(ticks) + 1 for one in flat for ticks in _TICKS.findall(one))]) * "`"
    yield from (f"{fence}{'sql' if is_sql else 'python'}", *flat, fence)


def escaped(text: str) -> str:
    """Return *text* so that nothing in it is read as Markdown."""
    line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _START.sub(r"\1\\\2", line)


def _marked(text: str) -> str:
    """Return *text* escaped, but for what stands in backticks."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escaped(text)
    line = "".join(
        f"`{part}`" if number % 2 and part.strip() else _SPECIAL.sub(r"\\\1", part)
        for number, part in enumerate(parts)
    )
    return _START.sub(r"\1\\\2", " ".join(line.split()))


def _cell(text: str) -> str:
    """Return *text* for a cell: what `markdown_table` leaves alone, and Markdown would read."""
    return _IN_CELLS.sub(lambda it: f"&#{ord(it[0])};", " ".join(text.split()))
