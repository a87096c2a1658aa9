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


def show(report: Report, screen: Console) -> None:
    """Print *report*."""
    for it in sections(report):
        _show(it, screen, depth=0)


def _show(it: Section, screen: Console, depth: int) -> None:
    indent = "  " * depth
    screen.print(f"{indent}[bold]{escape(it.title)}[/]")
    for told in it.paragraphs:
        screen.print(f"{indent}  {escape(told)}")
    for told in it.points:
        screen.print(f"{indent}  - {escape(told)}")
    if it.table:
        screen.print(_table(it.table))
    for site in it.sites:
        _site(site, screen, f"{indent}  ")
    for part in it.parts:
        _show(part, screen, depth + 1)
    if depth == 0:
        screen.print()


def _site(it: Judged, screen: Console, indent: str) -> None:
    colour = _COLOURS.get(it.protection, "yellow")
    screen.print(
        f"{indent}{escape(place(it))}  {escape(context(it))}"
        f"  [{colour}]{escape(it.protection.value)}[/]"
    )
    screen.print(f"{indent}    {escape(it.site.text)}")
    for name, words in (("writes", values(it)), ("in a transaction", transaction(it))):
        screen.print(f"{indent}    [dim]{name}:[/] {escape(words)}")
    if told := note(it):
        screen.print(f"{indent}    [dim]{escape(told)}[/]")
    for one in it.remarks:
        style = "red" if one.severity is Severity.ERROR else "yellow"
        screen.print(f"{indent}    [{style}]{one.code.value}[/]: {escape(one.message)}")


def _table(it: Table) -> RichTable:
    table = RichTable(box=None, header_style="bold", pad_edge=False, show_footer=False)
    for heading in it.headings:
        is_number = heading in _NUMBERS
        table.add_column(heading, overflow="fold", justify="right" if is_number else "left")
    last = len(it.rows) - 1
    for number, row in enumerate(it.rows):
        style = "bold" if it.has_total and number == last else ""
        table.add_row(*(Text(cell, style=style) for cell in row))
    return table
