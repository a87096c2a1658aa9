"""Whether a transaction protects a write: its own, its callers', the request's, a session's."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, DJANGO, the_site

from pginterlock.scan.site import Callers, Transaction

HEAD = """
=== shop/work.py
from django.db import transaction
from django.utils.decorators import method_decorator
from django.views import View
from shop.models import Order

"""


@pytest.mark.parametrize(
    ("transaction", "body"),
    [
        pytest.param(
            Transaction.YES,
            """
            def pay(order: Order):
                with transaction.atomic():
                    order.status = "paid"  # WRITE
            """,
            id="with",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay(order: Order):
                with transaction.atomic():
                    order.note = "x"
                order.status = "paid"  # WRITE
            """,
            id="after a with",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay(order: Order):
                with open("/dev/null"):
                    order.status = "paid"  # WRITE
            """,
            id="with something else",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(order: Order):
                with open("/dev/null"), transaction.atomic():
                    for _ in range(3):
                        if order.note:
                            order.status = "paid"  # WRITE
            """,
            id="deep in a with of two",
        ),
        pytest.param(
            Transaction.YES,
            """
            @transaction.atomic
            def pay(order: Order):
                order.status = "paid"  # WRITE
            """,
            id="a decorator",
        ),
        pytest.param(
            Transaction.YES,
            """
            @transaction.atomic(using="other")
            def pay(order: Order):
                order.status = "paid"  # WRITE
            """,
            id="a decorator that is called",
        ),
        pytest.param(
            Transaction.NO,
            """
            @transaction.non_atomic_requests
            def pay(order: Order):
                order.status = "paid"  # WRITE
            """,
            id="another decorator",
        ),
        pytest.param(
            Transaction.YES,
            """
            class Pay:
                @staticmethod
                @transaction.atomic
                def run(order: Order):
                    order.status = "paid"  # WRITE
            """,
            id="a method",
        ),
        pytest.param(
            Transaction.YES,
            """
            class Pay(View):
                @method_decorator(transaction.atomic)
                def post(self, request):
                    Order.objects.update(status="paid")  # WRITE
            """,
            id="method_decorator",
        ),
        pytest.param(
            Transaction.YES,
            """
            @method_decorator(transaction.atomic, name="dispatch")
            class Pay(View):
                def post(self, request):
                    Order.objects.update(status="paid")  # WRITE
            """,
            id="method_decorator of the class",
        ),
        pytest.param(
            Transaction.NO,
            """
            @method_decorator(transaction.atomic, name="get")
            class Pay(View):
                def get(self, request):
                    pass

                def post(self, request):
                    Order.objects.update(status="paid")  # WRITE
            """,
            id="method_decorator of another method",
        ),
        pytest.param(
            Transaction.NO,
            """
            class Pay(View):
                def post(self, request):
                    Order.objects.update(status="paid")  # WRITE
            """,
            id="a view alone",
        ),
        pytest.param(
            Transaction.UNKNOWN,
            """
            Order.objects.update(status="paid")  # WRITE
            """,
            id="in the module's body",
        ),
    ],
)
def test_its_own(tmp_path: Path, transaction: Transaction, body: str) -> None:
    site = the_site(tmp_path, DJANGO + HEAD + textwrap.dedent(body))
    assert site.transaction is transaction
    assert site.transaction_reason


CALLED = """
def pay(order: Order):
    order.status = "paid"  # WRITE
"""


@pytest.mark.parametrize(
    ("transaction", "callers", "body"),
    [
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            @transaction.atomic
            def one(order):
                pay(order)

            def two(order):
                with transaction.atomic():
                    pay(order)
            """,
            id="all",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.SOME,
            """
            @transaction.atomic
            def one(order):
                pay(order)

            def two(order):
                pay(order)
            """,
            id="some",
        ),
        pytest.param(
            Transaction.NO,
            Callers.NO,
            """
            def one(order):
                pay(order)

            @transaction.atomic
            def two(order):
                order.note = "pay(order)"
            """,
            id="none",
        ),
        pytest.param(Transaction.NO, Callers.UNKNOWN, "", id="nobody calls"),
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            def one(order):
                pay(order)

            @transaction.atomic
            def two(order):
                one(order)
            """,
            id="by another",
        ),
        pytest.param(
            Transaction.NO,
            Callers.NO,
            """
            def one(order):
                pay(order)
                if order.note:
                    one(order)
            """,
            id="one who calls itself",
        ),
        pytest.param(
            Transaction.NO,
            Callers.UNKNOWN,
            """
            class Salary:
                def pay(self, order):
                    return order

            @transaction.atomic
            def one(order):
                Salary().pay(order)
            """,
            id="something else of that name",
        ),
    ],
)
def test_of_those_who_call(
    tmp_path: Path, transaction: Transaction, callers: Callers, body: str
) -> None:
    site = the_site(tmp_path, DJANGO + HEAD + CALLED + textwrap.dedent(body))
    assert (site.transaction, site.callers) == (transaction, callers)


VIEW = """
class Pay(View):
    def post(self, request):
        Order.objects.update(status="paid")  # WRITE
"""
FUNCTION = """
def answer(request):
    Order.objects.update(status="paid")  # WRITE
"""
TASK = """
def work(pk):
    Order.objects.update(status="paid")  # WRITE
"""


@pytest.mark.parametrize(
    ("transaction", "setting", "body"),
    [
        pytest.param(Transaction.YES, '"ATOMIC_REQUESTS": True', VIEW, id="a view"),
        pytest.param(Transaction.YES, '"ATOMIC_REQUESTS": True', FUNCTION, id="a function"),
        pytest.param(Transaction.NO, '"ATOMIC_REQUESTS": True', TASK, id="a task"),
        pytest.param(Transaction.NO, '"ATOMIC_REQUESTS": False', VIEW, id="not so set"),
        pytest.param(Transaction.NO, "", VIEW, id="not set"),
    ],
)
def test_of_a_request(tmp_path: Path, transaction: Transaction, setting: str, body: str) -> None:
    settings = f'\n=== shop/settings.py\nDATABASES = {{"default": {{{setting}}}}}\n'
    assert the_site(tmp_path, DJANGO + settings + HEAD + body).transaction is transaction


@pytest.mark.parametrize(
    ("transaction", "more"),
    [(Transaction.YES, ""), (Transaction.NO, "    atomic = False\n")],
)
def test_of_a_migration(tmp_path: Path, transaction: Transaction, more: str) -> None:
    text = """
=== shop/migrations/__init__.py
=== shop/migrations/0002_paid.py
from django.db import migrations


def forward(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    Order.objects.update(status="paid")  # WRITE


class Migration(migrations.Migration):
    operations = [migrations.RunPython(forward)]
"""
    assert the_site(tmp_path, DJANGO + text + more).transaction is transaction


@pytest.mark.parametrize(
    ("transaction", "body"),
    [
        pytest.param(
            Transaction.SESSION,
            """
            def pay(session, pk):
                session.get(Order, pk).status = "paid"  # WRITE
                session.commit()
            """,
            id="the session's",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(session, pk):
                with session.begin():
                    session.get(Order, pk).status = "paid"  # WRITE
            """,
            id="begin",
        ),
        pytest.param(
            Transaction.YES,
            """
            async def pay(sessions, pk):
                async with sessions.begin() as session:
                    order = await session.get(Order, pk)
                    order.status = "paid"  # WRITE
            """,
            id="begin of a maker of sessions",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(session, pk):
                with session.begin_nested():
                    session.get(Order, pk).status = "paid"  # WRITE
            """,
            id="a savepoint",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(engine, pk):
                with engine.begin() as connection:
                    connection.execute("update orders set status = 'paid'")  # WRITE
            """,
            id="SQL in a begin",
        ),
    ],
)
def test_of_a_session(tmp_path: Path, transaction: Transaction, body: str) -> None:
    head = "\n=== store/work.py\nfrom store.models import Order\n"
    assert the_site(tmp_path, ALCHEMY + head + textwrap.dedent(body)).transaction is transaction
