"""A write map as one HTML file that needs nothing else: no script, no font, no network.

Pure: data in, text out.
"""

from collections.abc import Iterable, Iterator
from html import escape

from pginterlock.scan.figures import Row
from pginterlock.scan.html_style import STYLE
from pginterlock.scan.judged import Code, Judged, Protection
from pginterlock.scan.outcomes import Verdict
from pginterlock.scan.report import Report, context, note, place, transaction, values
from pginterlock.scan.sections import Section, Table, sections

_CLASSES = {
    Protection.PROTECTED: "good",
    Protection.UNPROTECTED: "bad",
    Protection.CALLER: "fair",
    Protection.UNKNOWN: "fair",
    Protection.NOTHING_RUNS: "plain",
}
_VERDICTS = {
    Verdict.ALLOWED: "good",
    Verdict.ONLY_FROM: "fair",
    Verdict.NEVER: "bad",
    Verdict.UNKNOWN: "plain",
}
_OPENED = 30  # with more sites than that the fields begin closed


def to_html(report: Report) -> str:
    """Return *report* as one document."""
    title = f"Write map of {', '.join(report.subjects)}"
    body = [
        f"<header><h1>{_text(title)}</h1>{_tiles(report)}</header>",
        "<main>",
        *(_section(it, report) for it in sections(report)),
        "</main>",
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _text(told: str) -> str:
    return escape(told, quote=True)


def _tiles(report: Report) -> str:
    found = report.figures
    total = found.total
    counts = found.findings
    tiles = [
        (str(total.total), "write sites", ""),
        ("-" if total.percent is None else f"{total.percent} %", "protected", ""),
        (str(counts[Code.NEVER_ALLOWED]), "never allowed", "bad"),
        (str(counts[Code.STAMP_ALONE] + counts[Code.MISSING_STAMP]), "stamps amiss", "bad"),
        (str(counts[Code.AUTHORITY]), "outside services", "fair"),
        (str(len(report.unread)), "not read", "bad"),
    ]
    cells = "".join(
        f'<div class="tile {style if number not in ("0", "-") else ""}">'
        f"<b>{number}</b><span>{_text(word)}</span></div>"
        for number, word, style in tiles
    )
    return f'<div class="tiles">{cells}</div>{_bar(total)}{_legend()}'


def _bar(it: Row) -> str:
    """Return a bar of the protections of a row; its parts sum to all of it."""
    parts = "".join(
        f'<i class="{_CLASSES[word]} {word.name.lower()}" style="flex:{count}"'
        f' title="{count} {_text(word.value)}"></i>'
        for word, count in it.protections.items()
        if count
    )
    told = ", ".join(f"{count} {word.value}" for word, count in it.protections.items() if count)
    return f'<div class="bar" role="img" aria-label="{_text(told)}">{parts}</div>'


def _legend() -> str:
    words = (
        f'<span><i class="{_CLASSES[word]} {word.name.lower()}"></i>{_text(word.value)}</span>'
        for word in Protection
    )
    return f'<p class="legend">{"".join(words)}</p>'


def _section(it: Section, report: Report) -> str:
    if it.title == "By module":
        return f"<section><h2>{_text(it.title)}</h2>{_modules(report)}</section>"
    if it.sites or it.parts:
        return _field(it, is_open=len(report.figures.production) <= _OPENED)
    parts = [f"<h2>{_text(it.title)}</h2>", *(f"<p>{_text(told)}</p>" for told in it.paragraphs)]
    if it.points:
        tag = "ol" if it.title == "Recommendations" else "ul"
        points = "".join(f"<li>{_code(told)}</li>" for told in it.points)
        parts.append(f"<{tag}>{points}</{tag}>")
    if it.table:
        parts.append(_table(it.table))
    return f"<section>{''.join(parts)}</section>"


def _field(it: Section, *, is_open: bool) -> str:
    groups = it.parts or (Section("", sites=it.sites),)
    body = "".join(
        (f"<h3>{_text(group.title)}</h3>" if group.title else "") + "".join(map(_site, group.sites))
        for group in groups
    )
    opened = " open" if is_open else ""
    return (
        f"<section><details{opened}><summary><h2>{_text(it.title)}</h2></summary>"
        f"{body}</details></section>"
    )


def _site(it: Judged) -> str:
    verdict = it.judgement.verdict
    badges = [
        (it.protection.value, _CLASSES[it.protection]),
        (verdict.value, _VERDICTS[verdict]),
        *((one.code.value, "bad") for one in it.remarks if one.code in _BADGES),
        *([("accepted", "plain")] if it.accepted is not None else []),
    ]
    told = [
        ("in", context(it)),
        ("writes", values(it)),
        ("transaction", transaction(it)),
        *([("machine", told_of)] if (told_of := note(it)) else []),
        *([("how", it.site.reason)] if it.site.reason else []),
    ]
    lines = "".join(f"<dt>{_text(name)}</dt><dd>{_text(text)}</dd>" for name, text in told)
    marks = "".join(f'<em class="{style}">{_text(word)}</em>' for word, style in badges)
    return (
        f'<article><p class="where"><code>{_text(place(it))}</code>{marks}</p>'
        f"<pre>{_text(it.site.text)}</pre><dl>{lines}</dl></article>"
    )


_BADGES = (Code.STAMP_ALONE, Code.MISSING_STAMP, Code.AUTHORITY, Code.NEW)


def _modules(report: Report) -> str:
    found = report.figures
    headings = ("module", "state", "stamps", "other", "total", "protected", "")
    rows = [_module(it, "") for it in found.modules]
    rows.append(_module(found.total, ' class="total"'))
    return _framed(headings, rows)


def _module(it: Row, style: str) -> str:
    cells = [*map(str, it.kinds.values()), str(it.total), it.share]
    numbers = "".join(f'<td class="number">{_text(cell)}</td>' for cell in cells)
    return f"<tr{style}><td><code>{_text(it.name)}</code></td>{numbers}<td>{_bar(it)}</td></tr>"


def _table(it: Table) -> str:
    last = len(it.rows) - 1
    rows = (
        f"<tr{' class=total' if it.has_total and number == last else ''}>"
        + "".join(f"<td>{_text(cell)}</td>" for cell in row)
        + "</tr>"
        for number, row in enumerate(it.rows)
    )
    return _framed(it.headings, rows)


def _framed(headings: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th>{_text(it)}</th>" for it in headings)
    body = "".join(rows)
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _code(text: str) -> str:
    """Return *text* with what stands in backticks as code."""
    return "".join(_pieces(text.split("`")))


def _pieces(parts: list[str]) -> Iterator[str]:
    is_paired = len(parts) % 2 == 1
    for number, part in enumerate(parts):
        yield f"<code>{_text(part)}</code>" if is_paired and number % 2 else _text(part)
