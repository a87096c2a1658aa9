"""Rows that are set by a method of a base from elsewhere, and by generic helpers of a project."""

from pathlib import Path

import pytest
from tests.scan_projects import sites_of

from pginterlock.scan.site import Target

OSLO = """
=== store/models.py
from sqlalchemy import Column, String
from sqlalchemy.orm import declarative_base
from oslo_db.sqlalchemy import models

BASE = declarative_base()


class Order(BASE, models.ModelBase):
    __tablename__ = "orders"
    status = Column(String)


class Bill(BASE, models.ModelBase):
    __tablename__ = "bills"
    status = Column(String)
=== store/work.py
from store.models import Bill, Order


def asked(context, *args):
    return context.session.query(*args)


"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
def work(session):
    ref = session.get(Order, 1)
    ref.update({"status": "x"})  # WRITE
    ref.update(dict(status="x"))  # WRITE
    ref["status"] = "x"  # WRITE
    values = {}
    values["status"] = "x"  # WRITE
    ref.update(values)  # WRITE
    ref.update({"note": "x"})
    ref = session.get(Bill, 1)
    ref.update({"status": "x"})
    ref["status"] = "x"
    order = {}
    order["status"] = "x"
""",
            id="update and items",
        ),
        pytest.param(
            """
def change(context, pk, values):
    ref = asked(context, Order).filter_by(id=pk).first()
    ref.update(values)  # WRITE
    ref = asked(context, Bill).filter_by(id=pk).first()
    ref.update(values)


def change_many(context, pk, values):
    asked(context, Order).filter_by(id=pk).update(values)  # WRITE


def work(context):
    change(context, 1, {"status": "x"})
    change_many(context, 1, {"status": "x"})
""",
            id="of a query that any function makes",
        ),
    ],
)
def test_a_row_with_methods_of_a_base_from_elsewhere(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, OSLO + body)


CRUD = """
=== store/models.py
from sqlalchemy import Column, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Order(Base):
    __tablename__ = "orders"
    status = Column(String)


class Bill(Base):
    __tablename__ = "bills"
    status = Column(String)


class Own(Base):
    __abstract__ = True

    def update(self, **values):
        for name, value in values.items():
            setattr(self, name, value)


class Ticket(Own):
    __tablename__ = "tickets"
    status = Column(String)
=== store/crud.py
from typing import Any, Dict, Generic, Optional, Type, TypeVar, Union

from fastapi.encoders import jsonable_encoder
from sqlalchemy.orm import Session
from store.models import Base, Bill, Order

ModelType = TypeVar("ModelType", bound=Base)
Updating = TypeVar("Updating")


class CRUDBase(Generic[ModelType, Updating]):
    def __init__(self, model: Type[ModelType]):
        self.model = model

    def get(self, db: Session, pk: Any) -> Optional[ModelType]:
        return db.query(self.model).filter(self.model.id == pk).first()

    def update(
        self, db: Session, *, db_obj: ModelType, obj_in: Union[Updating, Dict[str, Any]]
    ) -> ModelType:
        data = jsonable_encoder(db_obj)
        if isinstance(obj_in, dict):
            told = obj_in
        else:
            told = obj_in.dict(exclude_unset=True)
        for field in data:
            if field in told:
                setattr(db_obj, field, told[field])
        db.commit()
        return db_obj


class CRUDOrder(CRUDBase[Order, dict]):
    pass


class CRUDBill(CRUDBase[Bill, dict]):
    pass


order = CRUDOrder(Order)
bill = CRUDBill(Bill)
=== store/work.py
from store import crud
from store.models import Ticket


def work(db, pk, it, ticket: Ticket):
    crud.order.update(db, db_obj=crud.order.get(db, pk), obj_in={"status": "x"})  # WRITE
    crud.bill.update(db, db_obj=crud.bill.get(db, pk), obj_in={"status": "x"})
    crud.order.update(db, db_obj=it, obj_in={"status": "x"})  # WRITE
    crud.bill.update(db, db_obj=it, obj_in={"status": "x"})
    values = {"status": "x"}
    ticket.update(**values)
"""


def test_a_generic_helper_that_sets_what_it_is_handed(tmp_path: Path) -> None:
    sites_of(tmp_path, CRUD)


def test_a_dict_that_a_method_of_the_row_is_handed(tmp_path: Path) -> None:
    text = CRUD.replace("  # WRITE", "")
    text = text.replace('values = {"status": "x"}', 'values = {"status": "x"}  # WRITE')
    text = text.replace("ticket.update(**values)", "ticket.update(**values)  # WRITE")
    sites_of(tmp_path, text, Target(("status",), model="Ticket"))
