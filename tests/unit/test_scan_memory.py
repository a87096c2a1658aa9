"""What a scan keeps of the files: after every change the result is that of a scan without it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, ORDER, lay, run

from pginterlock.scan import memory
from pginterlock.scan.facts import facts_of
from pginterlock.scan.project import Project
from pginterlock.scan.site import Callers

Change = Callable[[Path], object]

PROJECT = """
=== shop/work.py
from shop.models import Order

def pay(order: Order):
    order.status = "p"  # !
    order.save()

=== shop/calling.py
from django.db import transaction
from shop.work import pay

def run(order):
    with transaction.atomic():
        pay(order)

=== shop/aside.py
class Basket:
    def total(self):
        return sum(self.prices)
"""


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder for what is kept."""
    return tmp_path / "kept"


@pytest.fixture
def project(tmp_path: Path, kept: Path) -> Path:
    """A project that was scanned once, with one site."""
    folder = tmp_path / "code"
    lay(folder, DJANGO + PROJECT)
    assert len(run(folder, cache=kept).sites) == 1
    return folder


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are looked into from now on."""
    paths: list[str] = []
    module = Project.module

    def noting(self: Project, path: str) -> object:
        paths.append(path)
        return module(self, path)

    monkeypatch.setattr(Project, "module", noting)
    return paths


def appending(name: str, text: str) -> Change:
    def append(folder: Path) -> None:
        with (folder / name).open("a") as file:
            file.write(text)

    return append


ASIDE: dict[str, Change] = {
    "a comment": appending("shop/aside.py", "\n# nothing\n"),
    "a statement": appending("shop/aside.py", "\nLIMIT = 3\n"),
    "a function": appending("shop/aside.py", "\ndef more():\n    return sum([])\n"),
    "what is no Python": appending("shop/aside.py", "\nx = = 1\n"),
}
MATTERING: dict[str, Change] = {
    "a write": appending("shop/aside.py", "\ndef f(order):\n    order.status = 'q'\n"),
    "a call": appending("shop/aside.py", "\nfrom shop.work import pay\npay(None)\n"),
    "a class": appending("shop/aside.py", "\nclass Order:\n    pass\n"),
    "SQL": appending("shop/aside.py", "\nQ = 'update shop_order set status = 1'\n"),
    "a relation": appending("shop/aside.py", "\nx = f(related_name='orders')\n"),
    "a file that is looked into": appending("shop/work.py", "\n# nothing\n"),
    "the lines before a site": lambda it: (it / "shop/work.py").write_text(
        "# first\n" + (it / "shop/work.py").read_text()
    ),
    "a caller's transaction": lambda it: (it / "shop/calling.py").write_text(
        "from shop.work import pay\n\ndef run(order):\n    pay(order)\n"
    ),
    "a file more": lambda it: (it / "shop/new.py").write_text("x = 1\n"),
    "a file of SQL": lambda it: (it / "a.sql").write_text("update shop_order set status = 'x';"),
    "a file less": lambda it: (it / "shop/calling.py").unlink(),
    "a file less that says nothing": lambda it: (it / "shop/aside.py").unlink(),
    "another name": lambda it: (it / "shop/work.py").rename(it / "shop/works.py"),
    "a file too large": lambda it: (it / "shop/big.py").write_bytes(b"#" * 9_000_000),
}


@pytest.mark.parametrize("change", [pytest.param(it, id=name) for name, it in ASIDE.items()])
def test_a_change_that_says_nothing_costs_nothing(
    project: Path, kept: Path, parsed: list[str], change: Change
) -> None:
    change(project)
    found = run(project, cache=kept)

    assert parsed == []
    assert found == run(project)


@pytest.mark.parametrize(
    "change", [pytest.param(it, id=name) for name, it in (ASIDE | MATTERING).items()]
)
def test_after_a_change_the_result_is_that_of_a_scan_that_knows_nothing(
    project: Path, kept: Path, change: Change
) -> None:
    change(project)

    assert run(project, cache=kept) == run(project)
    assert run(project, cache=kept) == run(project)


def test_a_name_that_nobody_handed_over_is_looked_for_in_what_is_new(
    project: Path, kept: Path
) -> None:
    callers = "".join(f"def by_{it:02}(order):\n    pay(order)\n\n" for it in range(40))
    (project / "shop/calling.py").write_text(f"from shop.work import pay\n\n{callers}")
    [before] = run(project, cache=kept).sites
    appending(
        "shop/aside.py",
        "\nfrom django.db import transaction\nfrom shop.calling import by_39\n\n"
        "def go(what):\n    with transaction.atomic():\n        what()\n\n"
        "def begin():\n    go(by_39)\n",
    )(project)
    found = run(project, cache=kept)

    assert found == run(project)
    [after] = found.sites
    assert (before.callers, after.callers) == (Callers.NO, Callers.SOME)


def test_changes_one_after_the_other(project: Path, kept: Path) -> None:
    first = run(project)
    before = {it: it.read_text() for it in project.rglob("*.py")}
    for change in (*ASIDE.values(), *MATTERING.values()):
        if not all(it.exists() for it in before):
            break
        change(project)
        assert run(project, cache=kept) == run(project)
    for it in [*project.rglob("*.py"), *project.rglob("*.sql")]:
        it.unlink()
    for path, text in before.items():
        path.write_text(text)

    assert run(project, cache=kept) == first


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(replace(ORDER, machine="another"), id="another machine"),
        pytest.param(replace(ORDER, fields=("paid_at",)), id="another column"),
        pytest.param(replace(ORDER, fields=(*ORDER.fields, "note")), id="one more column"),
        pytest.param(replace(ORDER, model="Customer"), id="another model"),
    ],
)
def test_another_spec_is_another_result(project: Path, kept: Path, target: object) -> None:
    assert isinstance(target, type(ORDER))
    assert run(project, target, cache=kept) == run(project, target)
    assert run(project, cache=kept) == run(project)


@pytest.mark.parametrize("text", ["", "\n", "0" * 32 + "\n{}", "{}", "\udcff"])
@pytest.mark.parametrize("kind", ["last", "facts", "json"])
def test_what_was_kept_and_is_not_whole_is_made_again(
    project: Path, kept: Path, kind: str, text: str
) -> None:
    ASIDE["a comment"](project)
    for it in kept.glob(f"*.{kind}"):
        it.write_text(text, errors="surrogateescape")

    assert run(project, cache=kept) == run(project)


def test_the_facts_of_a_text_are_read_once(
    project: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []

    def noting(raw: bytes) -> object:
        read.append(raw)
        return facts_of(raw)

    monkeypatch.setattr(memory, "facts_of", noting)
    MATTERING["a file that is looked into"](project)
    run(project, cache=kept)

    assert read == [(project / "shop" / "work.py").read_bytes()]
