"""Properties whose setters write a column of their own row: an assignment to one is a site."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import lay, run, sites_of, the_site

from pginterlock.scan.site import Target

STORED = Target(("db_status",), model="Order")
HEAD = """
=== shop/__init__.py
=== shop/models.py
from django.db import models


"""
USE = """
=== shop/work.py
from shop.models import Basket, Order


def pay(pk):
    order = Order.objects.get(pk=pk)
    order.{name} = "paid"{mark}
    basket = Basket()
    basket.{name} = "paid"
    Order.objects.filter({name}="new")
    log({name}="paid")
    {name} = "paid"
    return dict({name}="paid"), {name}
"""
BASKET = """

class Basket:
    pass
"""


def project(model: str, name: str = "status", *, is_written: bool = True) -> str:
    use = USE.format(name=name, mark="  # WRITE" if is_written else "")
    return HEAD + textwrap.dedent(model).lstrip() + BASKET + use


DECORATED = """
class Order(models.Model):
    db_status = models.TextField()

    @property
    def status(self):
        return self.db_status

    @status.setter
    def status(self, value):
        self.db_status = value  # WRITE
        self.save(update_fields=["db_status"])
"""
CALLED = """
class Order(models.Model):
    db_status = models.TextField()

    def _get(self):
        return self.db_status

    def _set(self, value):
        self.db_status = value  # WRITE
        self.save()

    status = property(_get, _set)
"""
BY_KEYWORD = """
class Order(models.Model):
    db_status = models.TextField()
    status = property(
        fget=lambda self: self.db_status,
        fset=lambda self, value: setattr(self, "db_status", value),
    )
"""
INHERITED = """
class Stored(models.Model):
    db_status = models.TextField()

    class Meta:
        abstract = True

    @property
    def status(self):
        return self.db_status

    @status.setter
    def status(self, value):
        object.__setattr__(self, "db_status", value)  # WRITE


class Order(Stored):
    pass
"""
BY_HELPER = """
def make_setter(column):
    def put(self, value):
        setattr(self, column, value)
        self.save(update_fields=[column])

    return put


class Order(models.Model):
    db_status = models.TextField()
    db_note = models.TextField()
    status = property(lambda self: self.db_status, make_setter("db_status"))
    note = property(lambda self: self.db_note, make_setter("db_note"))
"""
MADE_WHOLE = """
_put = object.__setattr__


def _store(row, column, value):
    _put(row, column, value)
    row.save(update_fields=[column])


def stored(column):
    def get(self):
        return getattr(self, column)

    def put(self, value):
        _store(self, column, value)

    return property(get, put)


class Order(models.Model):
    db_status = models.TextField()
    status = stored("db_status")
"""
METACLASS = """
from django.db.models.base import ModelBase

_put = object.__setattr__


class Wrapping(ModelBase):
    def __new__(cls, name, bases, attrs):
        def wrap(cls, column, wrapper, editable=True):
            def _refuse(self, column, value):
                raise TypeError(column)

            def _store(self, column, value):
                _put(self, column, value)
                self.save(update_fields=[column])

            if not editable:
                def put(self, value):
                    return _refuse(self, column, value)
            else:
                def put(self, value):
                    return _store(self, column, value)

            attrs[wrapper] = property(lambda self: getattr(self, column), put)

        for column, field in (
            (it, field) for it, field in list(attrs.items()) if it.startswith("db_")
        ):
            wrapper = "pk" if column == "id" else column.replace("db_", "", 1)
            if wrapper not in attrs:
                wrap(cls, column, wrapper, editable=field.editable)
        return super().__new__(cls, name, bases, attrs)


class Stored(models.Model, metaclass=Wrapping):
    class Meta:
        abstract = True


class Order(Stored):
    db_status = models.TextField()
"""
SUBCLASSED = """
class Wrapped:
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in [*vars(cls)]:
            if name.startswith("db_"):
                setattr(cls, name[3:], cls.made(name))

    @staticmethod
    def made(name):
        return property(
            lambda self: getattr(self, name), lambda self, it: setattr(self, name, it)
        )


class Order(Wrapped, models.Model):
    db_status = models.TextField()
"""
BY_DECORATOR = """
def wrapped(cls):
    for name in ("status", "note"):
        def put(self, value, _column=f"db_{name}"):
            setattr(self, _column, value)

        setattr(cls, name, property(lambda self: self, put))
    return cls


@wrapped
class Order(models.Model):
    db_status = models.TextField()
"""
BY_FIELDS = """
class Meta(type(models.Model)):
    def __init__(cls, name, bases, attrs):
        super().__init__(name, bases, attrs)
        for field in cls._meta.fields:
            def put(self, value, field=field):
                self.__dict__[field.attname] = value

            setattr(cls, field.name.removeprefix("db_"), property(fset=put))


class Order(models.Model, metaclass=Meta):
    db_status = models.TextField()
"""


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(DECORATED, id="a decorator"),
        pytest.param(CALLED, id="property(get, set)"),
        pytest.param(BY_KEYWORD, id="lambdas by keywords"),
        pytest.param(INHERITED, id="an abstract base"),
        pytest.param(BY_HELPER, id="a setter that a function makes"),
        pytest.param(MADE_WHOLE, id="a property that a function makes"),
        pytest.param(METACLASS, id="a metaclass, for each field"),
        pytest.param(SUBCLASSED, id="__init_subclass__, for each field"),
        pytest.param(BY_DECORATOR, id="a decorator of the class, for names that are told"),
        pytest.param(BY_FIELDS, id="a metaclass that runs over the fields"),
    ],
)
def test_an_assignment_to_a_property_writes_its_column(tmp_path: Path, model: str) -> None:
    found = sites_of(tmp_path, project(model), STORED)
    site = next(it for it in found if it.file.endswith("work.py"))
    assert (site.field, site.construct) == ("db_status", "attr_assign")
    assert site.values == ("paid",)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        pytest.param(
            """
            class Order(models.Model):
                db_status = models.TextField()
                db_note = models.TextField()

                @property
                def note(self):
                    return self.db_note

                @note.setter
                def note(self, value):
                    self.db_note = value
                    self.last = "db_status"
            """,
            "note",
            id="of another column",
        ),
        pytest.param(
            """
            class Order(models.Model):
                db_status = models.TextField()
                customer = models.ForeignKey("shop.Customer", models.CASCADE)

                @property
                def status(self):
                    return self.customer.status

                @status.setter
                def status(self, value):
                    self.customer.kind = value
            """,
            "status",
            id="of another row",
        ),
        pytest.param(
            """
            class Order(models.Model):
                db_status = models.TextField()

                @property
                def status(self):
                    return self.db_status
            """,
            "status",
            id="without a setter",
        ),
        pytest.param(
            METACLASS.replace('startswith("db_")', 'startswith("own_")'),
            "status",
            id="of fields that a metaclass leaves out",
        ),
        pytest.param(METACLASS, "db_statu", id="of another name"),
        pytest.param(
            METACLASS.replace("db_status =", "status = db_status ="),
            "status",
            id="that the class has already",
        ),
    ],
)
def test_what_writes_something_else_is_none(tmp_path: Path, model: str, name: str) -> None:
    text = project(model, name, is_written=False)
    assert sites_of(tmp_path, text, STORED) == []


def test_what_a_setter_makes_of_its_value_is_not_told(tmp_path: Path) -> None:
    model = """
    class Order(models.Model):
        db_status = models.TextField()

        @property
        def is_paid(self):
            return self.db_status == "paid"

        @is_paid.setter
        def is_paid(self, value):
            self.db_status = "paid" if value else "new"  # WRITE
    """
    found = sites_of(tmp_path, project(model, "is_paid"), STORED)
    assert next(it for it in found if it.file.endswith("work.py")).values == (None,)


def test_another_name_of_setattr_sets_an_attribute(tmp_path: Path) -> None:
    body = """
    === shop/work.py
    from shop.models import Order

    _put = object.__setattr__
    put_too = setattr


    def pay(order: Order, basket):
        _put(order, "db_status", "paid")  # WRITE
        put_too(order, "db_status", "paid")  # WRITE
        _put(order, "db_note", "db_status")
        basket.put(order, "db_status", "paid")
        order.save()
    """
    model = "class Order(models.Model):\n    db_status = models.TextField()\n"
    sites_of(tmp_path, HEAD + model + textwrap.dedent(body), STORED)


def test_a_name_that_a_function_declares_global_is_what_it_gives(tmp_path: Path) -> None:
    body = """
    === shop/api.py
    Order = None
    Other = None


    def _init():
        global Other, Order
        from shop.models import Order

    === shop/work.py
    from shop import api
    from shop.api import Other


    class Kept(api.Order):
        class Meta:
            proxy = True

        def pay(self):
            self.db_status = "paid"  # WRITE


    class Another(Other):
        def pay(self):
            self.db_status = "paid"
    """
    model = "class Order(models.Model):\n    db_status = models.TextField()\n"
    site = the_site(tmp_path, HEAD + model + textwrap.dedent(body), STORED)
    assert site.enclosing == "Kept.pay"


TWO_SETTERS = """
class Order(models.Model):
    db_status = models.TextField()

    def get(self):
        return self.db_status

    if PLAIN:
        def put(self, value):
            self.db_status = value  # WRITE
    else:
        def put(self, value):
            self.db_status = value.lower()  # WRITE

    status = property(get, put)
"""


@pytest.mark.parametrize("_time", range(4))  # what was told once hung on places in memory
def test_of_two_setters_each_has_to_keep_the_value_for_it_to_be_told(
    tmp_path: Path, _time: int
) -> None:
    sites = sites_of(tmp_path, project(TWO_SETTERS), STORED)

    assert [it.values for it in sites if it.file.endswith("work.py")] == [(None,)]


def test_a_file_that_begins_to_assign_a_property_is_read_again(tmp_path: Path) -> None:
    code, kept = tmp_path / "code", tmp_path / "kept"
    lay(code, project(METACLASS) + "\n=== shop/aside.py\nTOTAL = 1\n")
    before = len(run(code, STORED, cache=kept).sites)
    text = "from shop.models import Order\n\n\ndef pay(order: Order):\n    order.status = 'paid'\n"
    (code / "shop" / "aside.py").write_text(text, encoding="utf-8")
    assert len(run(code, STORED, cache=kept).sites) == before + 1
