"""Columns of Django that names tell of: by tests, lists, parameters, signals and content types."""

from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, sites_of

HEAD = """
=== shop/work.py
from shop.models import Customer, Invoice, Order
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
ALLOWED = ("status", "note")
class Names:
    ALLOWED = {"status"}
def inside(order: Order, data: dict):
    for k, v in data.items():
        if k in ALLOWED:
            setattr(order, k, v)  # WRITE
        if k not in ALLOWED:
            setattr(order, k, v)
        if hasattr(order, k) and k in Names.ALLOWED and v is not None:
            setattr(order, k, v)  # WRITE
        if k in ["note"]:
            setattr(order, k, v)
        if k == "status":
            setattr(order, k, v)  # WRITE
def after(order: Order, bill: Invoice, data: dict):
    for k, v in data.items():
        if k not in ALLOWED:
            continue
        setattr(order, k, v)  # WRITE
        setattr(bill, k, v)
    for k, v in data.items():
        if k not in ["note"]:
            continue
        setattr(order, k, v)
def one(order: Order, field, value):
    if field not in ALLOWED:
        raise ValueError(field)
    setattr(order, field, value)  # WRITE
def but(order: Order, data):
    for k in ("status", "note"):
        if k == "status":
            continue
        setattr(order, k, data[k])
def dicts(data):
    Order.objects.update(**{k: v for k, v in data.items() if k in ALLOWED})  # WRITE
    values = {k: v for k, v in data.items() if k in ALLOWED and v}
    Order.objects.create(**values)  # WRITE
    others = {k: v for k, v in data.items() if k not in ALLOWED}
    Order.objects.create(**others)
    notes = {k: v for k, v in data.items() if k in ("note",)}
    Order.objects.create(**notes)
""",
            id="tests of a name",
        ),
        pytest.param(
            """
from shop.names import FIELDS, LESS
class Work:
    FIELDS = ["status"]
    def run(self, rows):
        Order.objects.bulk_update(rows, self.FIELDS)  # WRITE
def run(rows):
    Order.objects.bulk_update(rows, FIELDS)  # WRITE
    Order.objects.bulk_update(rows, fields=FIELDS)  # WRITE
    Order.objects.bulk_update(rows, LESS)
    Order.objects.bulk_update(rows, [*FIELDS, "note"])  # WRITE
    Invoice.objects.bulk_update(rows, FIELDS)
def run_with_history(rows):
    bulk_update_with_history(rows, Order, ["status"])  # WRITE
    bulk_update_with_history(rows, Order, FIELDS, batch_size=9)  # WRITE
    bulk_update_with_history(rows, Invoice, FIELDS)
    bulk_update_with_history(rows, Order, LESS)
=== shop/names.py
FIELDS = ["status", "note"]
LESS = ["note"]
""",
            id="lists of bulk updates",
        ),
        pytest.param(
            """
NAMES = {"a": "status", "b": "note"}
def chosen(kind, v):
    column = {"a": "status", "b": "note"}[kind]
    Order.objects.update(**{column: v})  # WRITE
    Order.objects.update(**{NAMES["b"]: v})
def listed(order: Order, data):
    for source, name in NAMES.items():
        setattr(order, name, data[source])  # WRITE
    for name in NAMES.values():
        setattr(order, name, data[name])  # WRITE
    for name in NAMES:
        setattr(order, name, data[name])
def default(v, field="status"):
    Order.objects.update(**{field: v})  # WRITE
def other(v, field="note"):
    Order.objects.update(**{field: v})
    Order.objects.filter(**{field: v}).update(**{"note": v})
=== shop/calls.py
from shop.sets import put
def run():
    put("status", 1)
=== shop/sets.py
from shop.models import Order
def put(field, v):
    Order.objects.update(**{field: v})  # WRITE
def none(field, v):
    Order.objects.filter(**{field: v}).update(note=v)
""",
            id="keys that are looked up, or handed over",
        ),
        pytest.param(
            """
def run(pk):
    Order.objects.get_or_create({"status": "x"}, pk=pk)  # WRITE
    Order.objects.update_or_create({"status": "x"}, pk=pk)  # WRITE
    Order.objects.get_or_create({"note": "x"}, pk=pk)
    Invoice.objects.get_or_create({"status": "x"}, pk=pk)
""",
            id="defaults without a name",
        ),
        pytest.param(
            """
def again(pk):
    values = {"status": "x"}  # WRITE
    Order.objects.filter(pk=pk).update(**values)  # WRITE
    values = {"note": "x"}
    Order.objects.filter(pk=pk).update(**values)
def either(pk, which):
    values = {"status": "x"}  # WRITE
    if which:
        values = {"note": "x"}
    Order.objects.filter(pk=pk).update(**values)  # WRITE
def more(pk):
    values: dict = {}
    values |= {"status": "x"}  # WRITE
    Order.objects.filter(pk=pk).update(**values)  # WRITE
def made():
    return [{"status": "x"}, {"status": "y"}]  # WRITE
def of_made():
    Order.objects.bulk_create([Order(**it) for it in made()])  # WRITE
    make = Order.objects.create
    make(status="x")  # WRITE
    make = Invoice.objects.create
    make(status="x")
""",
            id="dicts under a name",
        ),
        pytest.param(
            """
from django.forms.models import model_to_dict
def copied(order):
    data = model_to_dict(order)
    data["note"] = "x"
    return Order.objects.create(**data)  # WRITE
def of(bill: Invoice, order: Order, customer: Customer):
    Order(**model_to_dict(order, exclude=["id"])).save()  # WRITE
    Order(**model_to_dict(order, exclude=["id", "status"])).save()
    Order(**model_to_dict(order, fields=["note"])).save()
    Invoice(**model_to_dict(order)).save()
    print(model_to_dict(order))
""",
            id="copies of rows",
        ),
        pytest.param(
            """
from django.db.models.signals import post_save, pre_save
from django.dispatch import Signal, receiver
done, other_done = Signal(), Signal()
def connected(sender, **kwargs):
    it = kwargs["instance"]
    it.status = "x"  # WRITE
    kwargs.get("instance").status = "x"  # WRITE
    kwargs["sender"].objects.update(status="x")  # WRITE
    kwargs["created"].status = "x"
post_save.connect(connected, sender=Order)
@receiver(pre_save, sender=Order)
def decorated(sender, **kw):
    kw["instance"].status = "x"  # WRITE
@receiver(pre_save, sender=Invoice)
def of_another(sender, **kw):
    kw["instance"].status = "x"
@receiver(done)
def of_own(sender, it, **kwargs):
    it.status = "done"  # WRITE
@receiver(other_done)
def of_own_other(sender, it, **kwargs):
    it.status = "done"
def send(it: Order, bill: Invoice):
    done.send_robust(sender=None, it=it)
    other_done.send(sender=None, it=bill)
""",
            id="signals",
        ),
        pytest.param(
            """
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
def run():
    model = ContentType.objects.get(app_label="shop", model="order").model_class()
    model.objects.filter(pk=1).update(status="x")  # WRITE
    kind = ContentType.objects.get_for_model(Order)
    kind.model_class().objects.create(status="x")  # WRITE
    it = kind.get_object_for_this_type(pk=1)
    it.status = "x"  # WRITE
    kind = ContentType.objects.get_by_natural_key("shop", "order")
    kind.model_class().objects.create(status="x")  # WRITE
    bill = ContentType.objects.get(app_label="shop", model="invoice").model_class()
    bill.objects.filter(pk=1).update(status="x")
    model = apps.get_model(*settings.ORDERS.split("."))
    model.objects.create(status="x")  # WRITE
=== shop/settings.py
ORDERS = "shop.Order"
""",
            id="content types",
        ),
    ],
)
def test_what_names_tell(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, DJANGO + HEAD + body)
