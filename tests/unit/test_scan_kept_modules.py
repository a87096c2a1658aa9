"""Which modules stay parsed where a scan lets go of trees for the memory."""

import pytest

from pginterlock.scan import project as of_projects
from pginterlock.scan.facts import facts_of
from pginterlock.scan.project import Project

TEXTS = {"shop/models.py": b"class Order:\n    pass\n", "shop/work.py": b"def pay():\n    pass\n"}


def project() -> Project:
    """Return a project of two files."""
    return Project(TEXTS, lambda path: facts_of(TEXTS[path]))


def test_a_module_is_let_go_the_first_time() -> None:
    it = project()
    first = it.module("shop/models.py")
    it.forget([])
    assert it.module("shop/models.py") is not first


def test_a_module_that_was_read_again_stays_as_long_as_it_is_asked_for() -> None:
    it = project()
    it.module("shop/models.py")
    it.forget([])
    again = it.module("shop/models.py")
    it.forget([])
    assert it.module("shop/models.py") is again
    it.forget([])
    it.forget([])  # nobody asked in between
    assert it.module("shop/models.py") is not again


def test_no_more_stays_than_the_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    it = project()
    monkeypatch.setattr(of_projects, "_KEPT", len(TEXTS["shop/models.py"]))
    for _ in range(2):
        for path in ("shop/models.py", "shop/models.py", "shop/work.py"):
            it.module(path)
            it.forget([])
    for path in TEXTS:
        it.module(path)
    it.forget([])
    assert it.parsed <= len(TEXTS["shop/models.py"])


def test_what_is_asked_for_by_name_stays() -> None:
    it = project()
    models, work = it.module("shop/models.py"), it.module("shop/work.py")
    assert models is not None
    it.forget([models])
    assert it.module("shop/models.py") is models
    assert it.module("shop/work.py") is not work
