"""From which states a write finds its row: by tests around it, before it, and by queries."""

import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, ORDER, lay, run, the_site

ALL = ("new", "paid", "shipped", "lost")
HAS_ENDED = "    def has_ended(self):"
SETTLE = """
    def settle(self):
        self.status = Kind.PAID

    def settle_later(self):
        if self.pk:
            self.settle()

"""
SETTLED = """

def settled(order: Order):
    order.status = "paid"
"""
OF_MACHINE = replace(ORDER, states=ALL)
DJANGO = """
=== shop/__init__.py
=== shop/rows.py
from django.db import models

OPEN = ("new", "paid")


class Kind(models.TextChoices):
    NEW = "new", "New"
    PAID = "paid", "Paid"
    LOST = "lost", "Lost"

    @classmethod
    def open(cls):
        return [cls.NEW, cls.PAID]


class Rows(models.QuerySet):
    def new(self):
        return self.filter(status=Kind.NEW)

    def open(self):
        return self.filter(status__in=OPEN)


class Order(models.Model):
    ENDED = {Kind.LOST, "shipped"}
    objects = Rows.as_manager()
    status = models.TextField()

    @property
    def is_paid(self):
        return self.status == Kind.PAID

    def has_ended(self):
        'say whether nothing follows'
        return self.status in self.ENDED
=== shop/work.py
from django.db.models import Q
from shop.rows import OPEN, Kind, Order
"""


def project(body: str) -> str:
    lines = textwrap.indent(body, "    ")
    return f"{DJANGO}\n\ndef work(pk, order: Order):\n{lines}\n"


WRITE = "order.status = 'lost'  # WRITE"


@pytest.mark.parametrize(
    ("body", "states"),
    [
        pytest.param(f"if order.status == 'new':\n    {WRITE}", ("new",), id="if"),
        pytest.param(f"if 'new' == order.status:\n    {WRITE}", ("new",), id="turned round"),
        pytest.param(
            f"if order.status == 'new':\n    pass\nelse:\n    {WRITE}",
            ("paid", "shipped", "lost"),
            id="else is all the rest",
        ),
        pytest.param(
            f"if order.status == 'new':\n    pass\nelif order.status in OPEN:\n    {WRITE}",
            ("paid",),
            id="elif is what the first if leaves",
        ),
        pytest.param(
            f"if order.status == 'new':\n    return\n{WRITE}",
            ("paid", "shipped", "lost"),
            id="what leaves first",
        ),
        pytest.param(
            f"if order.status != 'new' and order.status != 'paid':\n    return\n{WRITE}",
            ("new", "paid"),
            id="neither one nor the other leaves",
        ),
        pytest.param(
            f"if order.status == 'new' or pk:\n    {WRITE}", (), id="or something else says nothing"
        ),
        pytest.param(
            f"if order.status in Order.ENDED:\n    return\n{WRITE}",
            ("new", "paid"),
            id="a set of a class",
        ),
        pytest.param(
            f"if order.status in Kind.open():\n    {WRITE}", ("new", "paid"), id="a function's list"
        ),
        pytest.param(
            f"if order.status in (*OPEN, 'lost'):\n    {WRITE}",
            ("new", "paid", "lost"),
            id="a tuple in a tuple",
        ),
        pytest.param(f"if order.is_paid:\n    {WRITE}", ("paid",), id="a property"),
        pytest.param(
            f"if order.has_ended():\n    raise ValueError\n{WRITE}", ("new", "paid"), id="a method"
        ),
        pytest.param(
            "if order.status == 'new':\n    return\nelif order.status == 'paid':\n    return\n"
            f"{WRITE}",
            ("shipped", "lost"),
            id="neither one nor the next leaves",
        ),
        pytest.param(f"assert order.status == 'new'\n{WRITE}", ("new",), id="assert"),
        pytest.param(
            f"old = order.status\nif old == 'new':\n    {WRITE}", ("new",), id="by a local name"
        ),
        pytest.param(
            f"match order.status:\n    case 'new' | 'paid':\n        {WRITE}",
            ("new", "paid"),
            id="case",
        ),
        pytest.param(
            f"match order.status:\n    case 'new':\n        pass\n    case _:\n        {WRITE}",
            ("paid", "shipped", "lost"),
            id="the other cases",
        ),
        pytest.param(
            f"if order.status == 'new':\n    order = Order.objects.get(pk=pk)\n    {WRITE}",
            (),
            id="another row since",
        ),
        pytest.param(
            f"order = Order.objects.select_for_update().get(pk=pk, status='new')\n{WRITE}",
            ("new",),
            id="got by its state",
        ),
        pytest.param(
            "try:\n    row = Order.objects.get(pk=pk, status='new')\n"
            "except Order.DoesNotExist:\n    return\nrow.status = 'lost'  # WRITE",
            ("new",),
            id="got in a try",
        ),
        pytest.param(
            f"for order in Order.objects.new().iterator():\n    {WRITE}", ("new",), id="a loop"
        ),
        pytest.param(
            f"rows = Order.objects.open()\nfor order in rows:\n    if order.status != 'new':\n"
            f"        {WRITE}",
            ("paid",),
            id="a loop and a test",
        ),
    ],
)
def test_a_row_is_where_tests_and_queries_leave_it(
    tmp_path: Path, body: str, states: tuple[str, ...]
) -> None:
    assert the_site(tmp_path, project(body), OF_MACHINE).sources == states


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"order.settle()\n{WRITE}", id="a method writes it"),
        pytest.param(f"order.settle_later()\n{WRITE}", id="a method's method writes it"),
        pytest.param(f"settled(order)\n{WRITE}", id="a function writes it"),
        pytest.param(f"order.refresh_from_db()\n{WRITE}", id="it is read anew"),
        pytest.param(
            f"try:\n    order.settle()\n    order.save()\nexcept ValueError:\n    {WRITE}",
            id="the try has written it",
        ),
        pytest.param(
            f"while pk:\n    {WRITE}\n    order.save()\n    order.settle()", id="the loop goes on"
        ),
    ],
)
def test_a_test_says_nothing_once_the_state_may_have_changed(tmp_path: Path, body: str) -> None:
    guard = "if order.status != 'new':\n    return\n"
    lay(tmp_path, project(guard + body).replace(HAS_ENDED, SETTLE + HAS_ENDED) + SETTLED)

    (site,) = [it for it in run(tmp_path, OF_MACHINE).sites if it.values == ("lost",)]
    assert site.sources == ()


def test_a_state_that_was_kept_says_nothing_once_another_is_written(tmp_path: Path) -> None:
    body = """
old = order.status
order.status = "paid"
order.save()
if old == "new":
    order.status = "lost"
"""
    lay(tmp_path, project(body))

    assert [it.sources for it in run(tmp_path, OF_MACHINE).sites] == [(), ()]


@pytest.mark.parametrize(
    ("query", "states"),
    [
        pytest.param("new()", ("new",), id="a method of the queryset"),
        pytest.param("exclude(status='new')", ("paid", "shipped", "lost"), id="exclude"),
        pytest.param("exclude(status='new', pk=pk)", (), id="exclude what is more than the state"),
        pytest.param("filter(status__in=OPEN)", ("new", "paid"), id="among"),
        pytest.param(
            "filter(Q(status='new') | Q(status='paid'), pk=pk)", ("new", "paid"), id="either Q"
        ),
        pytest.param("filter(~Q(status='new'))", ("paid", "shipped", "lost"), id="not Q"),
        pytest.param("open().exclude(status='new')", ("paid",), id="both"),
        pytest.param("new().union(Order.objects.all())", (), id="with others"),
        pytest.param("all()", (), id="all"),
    ],
)
def test_an_update_finds_what_its_filters_leave(
    tmp_path: Path, query: str, states: tuple[str, ...]
) -> None:
    body = f"rows = Order.objects.{query}\nrows.update(status='lost')  # WRITE"

    assert the_site(tmp_path, project(body), OF_MACHINE).sources == states


@pytest.mark.parametrize(
    ("where", "states"),
    [
        pytest.param("Order.status == 'new'", ("new",), id="equal"),
        pytest.param("Order.status.in_(['new', 'paid'])", ("new", "paid"), id="in_"),
        pytest.param("and_(Order.id == pk, Order.status != 'new')", ALL[1:], id="and_"),
        pytest.param("or_(Order.status == 'new', Order.status == 'x')", ("new", "x"), id="or_"),
        pytest.param("or_(Order.status == 'new', Order.id == pk)", (), id="or_ something else"),
        pytest.param("Order.status.not_in(ENDED)", ("new", "paid"), id="not_in"),
        pytest.param("Invoice.status == 'new'", (), id="the state of something else"),
    ],
)
def test_sqlalchemy_finds_what_its_where_leaves(
    tmp_path: Path, where: str, states: tuple[str, ...]
) -> None:
    head = """
=== store/work.py
from sqlalchemy import and_, or_, select, update
from store.models import Invoice, Order

ENDED = frozenset({"shipped", "lost"})
"""
    update = f"""

def work(session, pk):
    session.execute(update(Order).where({where}).values(status="lost"))  # WRITE
"""
    attribute = f"""

def work(session, pk):
    found = session.execute(select(Order).where({where}))
    for order in found.scalars().all():
        order.status = "lost"  # WRITE
"""
    for number, body in enumerate((update, attribute)):
        site = the_site(tmp_path / str(number), ALCHEMY + head + body, OF_MACHINE)
        assert site.sources == states


def test_a_view_finds_what_its_queryset_leaves(tmp_path: Path) -> None:
    text = (
        project("pass")
        + """

class Lose(DetailView):
    queryset = Order.objects.filter(status="new")

    def post(self, request, pk):
        order = self.get_object()
        order.status = "lost"  # WRITE
        order.save()
"""
    )
    assert the_site(tmp_path, text, OF_MACHINE).sources == ("new",)


def test_without_a_machine_what_is_left_of_all_states_is_not_known(tmp_path: Path) -> None:
    body = f"if order.status == 'new':\n    return\n{WRITE}"

    assert the_site(tmp_path, project(body)).sources == ()


def test_a_relation_has_the_methods_of_the_usual_manager(tmp_path: Path) -> None:
    to = "    to = models.ForeignKey('Buyer', related_name='sales')\n    status = models"
    text = DJANGO.replace("    status = models", to)
    text += """
class Buyer(models.Model):
    name = models.TextField()

    def lose(self):
        self.sales.new().update(status="lost")  # WRITE
"""
    assert the_site(tmp_path, text, OF_MACHINE).sources == ("new",)
