"""The pages of the docs, for tests: text, sections, links."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def all_pages() -> list[Path]:
    """Return every page: the docs, and what lies beside them at the top."""
    top = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
    return [*top, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples/hotel/README.md"]


def text(*parts: str) -> str:
    """Return the text of one page of the reference."""
    return REFERENCE.joinpath(*parts).read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Return the links of a page that lead to other files, or into itself."""
    return [it for it in _LINK.findall(prose(page)) if not re.match(r"[a-z]+:", it)]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found = set()
    for heading in _HEADING.findall(prose(page)):
        words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(words.replace(" ", "-"))
    return found


def section(page: str, heading: str) -> str:
    """Return what stands below *heading*, down to the next of its level or above."""
    match = re.search(rf"^(#+) {re.escape(heading)}$", page, re.MULTILINE)
    assert match, f"there is no heading {heading!r}"
    rest = page[match.end() :]
    end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest
