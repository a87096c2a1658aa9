"""What a file says otherwise than before, of what a step of a scan asked for."""

from collections.abc import Callable

import pytest

from pginterlock.scan.asked import EVERY, Asked, Change
from pginterlock.scan.facts import facts_of
from pginterlock.scan.project import Project

BEFORE = b"""
class Order(Base):
    status = f(related_name="orders")

def pay(order):
    go(order)
    hand(pay)
"""


def otherwise(before: bytes | None, now: bytes | None, **words: list[str]) -> Asked:
    change = Change(
        "shop/work.py",
        now or b"",
        facts_of(before) if before is not None else None,
        facts_of(now) if now is not None else None,
    )
    return change.otherwise(words)


@pytest.mark.parametrize(
    ("asked", "one", "other"),
    [
        pytest.param(Asked(files={"shop/work.py"}), b"go(", b"go (", id="the file"),
        pytest.param(Asked(called={"go"}), b"go(", b"gone(", id="a call less"),
        pytest.param(Asked(called={"gone"}), b"go(", b"gone(", id="a call more"),
        pytest.param(Asked(relations={"orders"}), b'"orders"', b'"them"', id="a relation"),
        pytest.param(Asked(classes={"Order"}), b"(Base)", b"(Other)", id="the bases of a class"),
        pytest.param(Asked(classes={"Bill"}), b"class Order", b"class Bill", id="a class"),
        pytest.param(Asked(classes={EVERY}), b"class Order", b"class Bill", id="all classes"),
        pytest.param(Asked(lowers={"bill"}), b"class Order", b"class Bill", id="in small letters"),
        pytest.param(Asked(heirs={"Base"}), b"class Order", b"class Bill", id="an heir"),
        pytest.param(Asked(heirs={"Other"}), b"(Base)", b"(Other)", id="an heir more"),
        pytest.param(Asked(unhanded={"run"}), b"hand(pay)", b"hand(run)", id="a name handed over"),
        pytest.param(Asked(words={"status"}), b"status", b"state", id="a word less"),
        pytest.param(Asked(words={"fine"}), b"go(", b"fine(", id="a word more"),
    ],
)
def test_what_is_said_otherwise_meets_what_was_asked(
    asked: Asked, one: bytes, other: bytes
) -> None:
    found = otherwise(
        BEFORE, BEFORE.replace(one, other), status=["shop/work.py", "a.py"], fine=["a.py"]
    )

    assert asked.meets(found)
    assert not Asked(
        {"a.py"}, {"more"}, {"x"}, {"no"}, {"no"}, {"No"}, {"no"}, {"No"}, {"work"}
    ).meets(found)


def test_a_comment_says_nothing_otherwise_but_of_its_file() -> None:
    found = otherwise(BEFORE, BEFORE + b"# more\n", status=["shop/work.py"])

    assert found == Asked(files={"shop/work.py"}, unhanded=found.unhanded)


@pytest.mark.parametrize(
    ("before", "now"), [pytest.param(None, BEFORE, id="new"), pytest.param(BEFORE, None, id="less")]
)
def test_of_a_file_more_or_less_all_that_it_says_is_otherwise(
    before: bytes | None, now: bytes | None
) -> None:
    found = otherwise(before, now, status=["a.py"] if now else ["shop/work.py"])

    assert {"go", "hand"} <= found.called
    assert found.classes == {"Order", EVERY}
    assert found.heirs == {"Base"}
    assert found.words == {"status"}
    assert found.modules == {"work"}


def test_a_file_that_makes_a_package_is_known() -> None:
    nothing = facts_of(b"")

    assert Change("shop/__init__.py", b"", None, nothing).is_of_package
    assert Change("shop/__init__.py", b"", nothing, None).is_of_package
    assert not Change("shop/__init__.py", b"", nothing, nothing).is_of_package
    assert not Change("shop/work.py", b"", None, nothing).is_of_package


WORK = "shop/work.py"


@pytest.mark.parametrize(
    ("ask", "asked"),
    [
        pytest.param(lambda it: it.module(WORK), Asked(files={WORK}), id="a module"),
        pytest.param(lambda it: it.text(WORK), Asked(files={WORK}), id="a text"),
        pytest.param(lambda it: it.calls("go"), Asked(files={WORK}, called={"go"}), id="calls"),
        pytest.param(lambda it: it.calls("x"), Asked(called={"x"}), id="calls that are none"),
        pytest.param(
            lambda it: list(it.calls_at("go", 9, lambda *_: False)),
            Asked(files={WORK}, called={"go"}),
            id="calls by their text",
        ),
        pytest.param(lambda it: it.holding("pay"), Asked(words={"pay"}), id="a word"),
        pytest.param(
            lambda it: it.leading_back("orders"), Asked(relations={"orders"}), id="a relation"
        ),
        pytest.param(
            lambda it: it.classes_named("Order"),
            Asked(files={WORK}, classes={"Order"}),
            id="a class",
        ),
        pytest.param(lambda it: it.classes_named("X"), Asked(classes={"X"}), id="a class of none"),
        pytest.param(lambda it: it.class_names(), Asked(classes={EVERY}), id="all classes"),
        pytest.param(
            lambda it: it.class_names_like("order"), Asked(lowers={"order"}), id="in small letters"
        ),
        pytest.param(lambda it: it.heirs("Base"), Asked(heirs={"Base"}), id="heirs"),
        pytest.param(
            lambda it: it.named("shop.work", "shop/a.py"),
            Asked(files={WORK}, modules={"work"}),
            id="a name of a module",
        ),
        pytest.param(
            lambda it: it.named("shop.gone", "shop/a.py"), Asked(modules={"gone"}), id="of none"
        ),
        pytest.param(lambda it: it.has("conftest.py"), Asked(modules={"conftest"}), id="a path"),
    ],
)
def test_a_step_is_known_by_what_it_asks_whoever_asked_before(
    ask: Callable[[Project], object], asked: Asked
) -> None:
    project = Project({WORK: BEFORE}, lambda _: facts_of(BEFORE))
    for _ in range(2):
        noted = Asked()
        project.begin(noted, {})
        ask(project)
        ask(project)
        assert noted == asked


def test_of_very_many_names_it_is_asked_whether_one_is_handed_over() -> None:
    project = Project({WORK: BEFORE}, lambda _: facts_of(BEFORE))
    for it in range(40):
        project.handing(f"name_{it}")

    assert "name_39" in project.asked.unhanded
    assert project.handing("pay") == [WORK]


def test_that_a_file_cannot_be_parsed_is_found_out_in_each_step() -> None:
    project = Project({WORK: b"x = = 1"}, lambda _: facts_of(b""))
    for _ in range(2):
        broken: dict[str, tuple[int, str]] = {}
        project.begin(Asked(), broken)
        assert project.module(WORK) is None
        assert broken.keys() == {WORK}
