"""Rows that are filled with all fields of a form, or of an object that SQLModel takes as it is."""

from pathlib import Path

from tests.scan_projects import ALCHEMY, sites_of

FORMS = """
=== store/forms.py
from flask_wtf import FlaskForm
from wtforms import StringField


class Common(FlaskForm):
    status = StringField()


class OrderForm(Common):
    note = StringField()


class NoteForm(FlaskForm):
    note = StringField()
=== store/work.py
from store.forms import NoteForm, OrderForm
from store.models import Invoice, Order


def edit(session, pk):
    order = session.get(Order, pk)
    form = OrderForm(obj=order)
    if form.validate_on_submit():
        form.populate_obj(order)  # WRITE
    NoteForm().populate_obj(order)
    OrderForm().populate_obj(session.get(Invoice, pk))
"""


def test_a_form_fills_a_row_with_its_fields(tmp_path: Path) -> None:
    sites_of(tmp_path, ALCHEMY + FORMS)


TAKEN = """
=== store/models.py
from sqlmodel import Field, Session, SQLModel


class OrderBase(SQLModel):
    name: str
    status: str = "new"


class Order(OrderBase, table=True):
    id: int | None = Field(default=None, primary_key=True)


class OrderCreate(OrderBase):
    pass


class OrderPublic(OrderBase):
    id: int


class NameUpdate(SQLModel):
    name: str | None = None


def create(session: Session, data: OrderCreate, renamed: NameUpdate):
    order = Order.model_validate(data)  # WRITE
    order = Order.from_orm(data)  # WRITE
    order.sqlmodel_update(data)  # WRITE
    order.sqlmodel_update(renamed)
    OrderBase.model_validate(data)
    return OrderPublic.model_validate(order)
"""


def test_an_object_that_sqlmodel_takes_as_it_is(tmp_path: Path) -> None:
    sites_of(tmp_path, TAKEN)
