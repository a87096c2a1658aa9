"""A write map on a terminal: tables, and a line for each site."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable
from rich.text import Text

from pginterlock.findings import Severity
from pginterlock.scan.judged import Judged, Protection
from pginterlock.scan.report import Report, context, note, place, transaction, values
from pginterlock.scan.sections import Section, Table, sections

_COLOURS = {Protection.PROTECTED: "green", Protection.UNPROTECTED: "red"}
_NUMBERS = frozenset(
    ["state writes", "stamp writes", "other writes", "total", "write sites", "entries", "refused"]
)
_STEP = 2  # columns from one depth to the next
_NARROWEST = 20


def show(report: Report, screen: Console) -> None:
    """Print *report*."""
    for it in sections(report):
        _show(it, screen, depth=0)


def _show(it: Section, screen: Console, depth: int) -> None:
    indent = _STEP * depth
    _line(screen, indent, f"[bold]{escape(it.title)}[/]")
    for told in it.paragraphs:
        _line(screen, indent + _STEP, escape(told))
    for told in it.points:
        _line(screen, indent + _STEP, f"- {escape(told)}", more=_STEP)
    if it.table:
        screen.print(_table(it.table))
    for site in it.sites:
        _site(site, screen, indent + _STEP)
    for part in it.parts:
        _show(part, screen, depth + 1)
    if depth == 0:
        screen.print()


def _line(screen: Console, indent: int, markup: str, more: int = 0) -> None:
    """Print a line; where it is too long, what follows stands *more* further in than it begins."""
    text = Text.from_markup(markup)
    width = max(screen.width - indent - more, _NARROWEST)
    for number, line in enumerate(text.wrap(screen, width)):
        line.rstrip()
        screen.print(Text(" " * (indent + (more if number else 0))) + line, soft_wrap=True)


def _site(it: Judged, screen: Console, indent: int) -> None:
    colour = _COLOURS.get(it.protection, "yellow")
    told_of = f"{escape(place(it))}  {escape(context(it))}"
    _line(screen, indent, f"{told_of}  [{colour}]{escape(it.protection.value)}[/]", 2 * _STEP)
    indent += 2 * _STEP
    _line(screen, indent, escape(it.site.text), _STEP)
    for name, words in (("writes", values(it)), ("in a transaction", transaction(it))):
        _line(screen, indent, f"[dim]{name}:[/] {escape(words)}", _STEP)
    if told := note(it):
        _line(screen, indent, f"[dim]{escape(told)}[/]", _STEP)
    for one in it.remarks:
        style = "red" if one.severity is Severity.ERROR else "yellow"
        _line(screen, indent, f"[{style}]{one.code.value}[/]: {escape(one.message)}", _STEP)


def _table(it: Table) -> RichTable:
    table = RichTable(box=None, header_style="bold", pad_edge=False, show_footer=False)
    for heading in it.headings:
        is_number = heading in _NUMBERS
        table.add_column(
            heading,
            overflow="fold",
            justify="right" if is_number else "left",
            max_width=max(map(len, heading.split())) if is_number else None,
        )
    last = len(it.rows) - 1
    for number, row in enumerate(it.rows):
        style = "bold" if it.has_total and number == last else ""
        table.add_row(*(Text(cell, style=style) for cell in row))
    return table
