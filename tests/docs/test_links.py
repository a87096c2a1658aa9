"""Links lead somewhere, no page is lost, and nothing of one machine stands in the docs."""

import re
from pathlib import Path

import pytest
from tests.docs import pages
from tests.docs.pages import ROOT


@pytest.mark.parametrize("page", pages.all_pages(), ids=lambda it: it.name)
def test_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for link in pages.links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        is_there = target.exists() and target.is_relative_to(ROOT)
        if not is_there or (anchor and anchor not in pages.anchors(target)):
            wrong.append(link)

    assert wrong == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    todo = [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = [(page.parent / link.partition("#")[0]).resolve() for link in pages.links(page)]
        todo += [it for it in targets if it.is_file()]
        todo += [file for it in targets if it.is_dir() for file in it.glob("*.md")]

    assert [it for it in (ROOT / "docs").rglob("*.md") if it not in seen] == []


@pytest.mark.parametrize("page", pages.all_pages(), ids=lambda it: it.name)
def test_no_path_of_one_machine_stands_in_a_page(page: Path) -> None:
    found = re.findall(r"(?<![\w.])/(?:work|root|home)/\S*", page.read_text(encoding="utf-8"))

    assert found == []


def test_the_map_of_the_readme_is_the_house() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = pages.section(text, "Map of the house").split("```")[1]
    named = {it.split("/")[0] for it in re.findall(r"^(\S+)", block, re.MULTILINE)}
    there = {it.name for it in ROOT.iterdir() if not it.name.startswith(".")}
    made = {"build", "dist", "LICENSE"}

    assert {it for it in named if not (ROOT / it).exists()} == set()
    assert {it for it in there if it not in named | made and not it.endswith(".egg-info")} == set()
