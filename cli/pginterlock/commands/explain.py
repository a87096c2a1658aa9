"""``interlock explain``: print the page of a rule or a finding, offline."""

import difflib
import re

import click
from rich.markdown import Markdown
from rich.table import Table

from pginterlock import assets
from pginterlock.commands.session import console
from pginterlock.errors import UsageError

_RULES = ("docs", "reference", "rules")
# Pages on which each section of level 3 whose heading is a code is the page of that code.
_SHARED = ("verify.md", "check.md", "lint.md", "errors.md")
_RULE_FILE = re.compile(r"(IL\d\d)-[\w-]+\.md\Z")
_SECTION = re.compile(r"^### `([A-Za-z0-9-]+)`\n(.*?)(?=^#{1,3} |\Z)", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)
_LINK = re.compile(r"\[([^\]\n]+)\]\((?!https?:)[^)\n]+\)")


@click.command(epilog="Example: interlock explain IL01")
@click.argument("code", required=False, metavar="[CODE]")
def command(code: str | None) -> None:
    """Print the page of a rule or a finding, offline.

    CODE is a rule code such as IL01, the code of a finding of `verify`, `check` or `lint`
    such as trigger-disabled, or a SQLSTATE such as 23514. Without CODE, all codes are listed.
    """
    pages = _pages()
    screen = console()
    if code is None:
        _list(pages)
        return
    known = {name.lower(): name for name in pages}
    if code.lower() not in known:
        close = difflib.get_close_matches(code.lower(), known, n=1)
        meant = f"; did you mean {known[close[0]]}?" if close else ""
        raise UsageError(
            f"there is no page about {code!r}{meant}", remedy="interlock explain lists all codes."
        )
    text = pages[known[code.lower()]]
    if screen.is_terminal:
        screen.print(Markdown(text))
    else:
        click.echo(text, nl=False)


def _pages() -> dict[str, str]:
    """Return the page of each code, as Markdown without links into the rest of the docs."""
    found = {}
    for name in assets.names(*_RULES, suffix=".md"):
        if match := _RULE_FILE.match(name):
            found[match[1]] = _page(assets.read(*_RULES, name))
    for name in _SHARED:
        text = assets.read("docs", "reference", name)
        for match in _SECTION.finditer(text):
            found[match[1]] = _page(f"# {match[1]}\n{match[2]}")
    return found


def _page(text: str) -> str:
    return _LINK.sub(r"\1", _COMMENT.sub("", text)).strip() + "\n"


def _list(pages: dict[str, str]) -> None:
    screen = console()
    if not screen.is_terminal:
        width = max(map(len, pages))
        for code, text in pages.items():
            click.echo(f"{code:{width}}  {_summary(text)}")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for code, text in pages.items():
        table.add_row(code, Markdown(_summary(text)))
    screen.print(table)


def _summary(text: str) -> str:
    """Return the name of a page, if it has one beside its code, and its first sentence."""
    heading, body = text.split("\n", 1)
    name = heading.partition(": ")[2]
    first = " ".join(body.strip().split("\n\n", 1)[0].split())
    sentence = re.split(r"(?<=[^.]\.) ", first, maxsplit=1)[0]
    return f"{name}: {sentence}" if name else sentence
