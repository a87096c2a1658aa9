"""Dicts that statements of SQLAlchemy take: keyed by columns, kept in names, taken in loops."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, sites_of

WORK = """
=== store/work.py
import itertools
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session
from store import models
from store.models import Customer, Invoice, Order

def chunks(them, n):
    for at in range(0, len(them), n):
        yield them[at : at + n]

"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
def pay(session, state):
    values = {Order.status: state}  # WRITE
    session.query(Order).filter(Order.id == 1).update(values)  # WRITE
    others = {Invoice.status: state}
    session.query(Invoice).filter(Invoice.id == 1).update(others)
    labels = {Order.status: "State"}
""",
            id="in a dict that is kept",
        ),
        pytest.param(
            """
def pay(session, state):
    items: dict = {models.Order.id: 1}
    if state:
        items[models.Order.status] = state  # WRITE
    stmt = update(models.Order).execution_options(synchronize_session=False).values(items)  # WRITE
    session.execute(stmt)
    others: dict = {models.Invoice.id: 1}
    others[models.Invoice.status] = state
    session.execute(update(models.Invoice).values(others))
    labels = {}
    labels[models.Order.status] = "State"
""",
            id="put in one by one",
        ),
        pytest.param(
            """
def pay(session, state):
    session.execute(update(Order).values({Order.status.key: state}))  # WRITE
    session.execute(update(Order).values({Order.status.name: state}))  # WRITE
    session.execute(update(Invoice).values({Invoice.status.key: state}))
    values = {}
    values[Order.status.key] = state  # WRITE
    session.execute(update(Order).values(values))  # WRITE
""",
            id="by the name of a column",
        ),
        pytest.param(
            """
def move(session):
    table = Order.__table__
    session.execute(insert(Order).from_select([Order.id, Order.status], select(Invoice)))  # WRITE
    session.execute(insert(Invoice).from_select([Invoice.id, Invoice.status], select(Order)))
    session.execute(table.update(Order.id == 1, {"status": 1}))  # WRITE
    session.execute(table.update(values={"status": 1}))  # WRITE
    session.execute(table.insert({"status": 1}))  # WRITE
    session.execute(Invoice.__table__.update(values={"status": 1}))
    session.bulk_insert_mappings(Order.__mapper__, [{"status": 1}])  # WRITE
    session.bulk_insert_mappings(Invoice.__mapper__, [{"status": 1}])
""",
            id="of statements in their other forms",
        ),
    ],
)
def test_columns_as_keys(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + WORK + body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
def place(session, asked):
    rows, bills = [], []
    for it in asked:
        new = {"id": it, "status": it.status}  # WRITE
        rows.append(new)
        bills.append({"status": "x"})
    for part in chunks(rows, 1000):
        statement = insert(Order)
        session.execute(statement, part)  # WRITE
    for part in chunks(bills, 1000):
        statement = insert(Invoice)
        session.execute(statement, part)
""",
            id="in chunks",
        ),
        pytest.param(
            """
def place(session):
    rows, bills = [], []
    rows.append({"status": 1})  # WRITE
    bills.append({"status": 1})
    for row in rows:
        session.add(Order(**row))  # WRITE
    for row in bills:
        session.add(Invoice(**row))
""",
            id="by two loops with the same name",
        ),
        pytest.param(
            """
def place(session):
    rows = [{"status": 1}, {"status": 2}]  # WRITE
    session.add_all([Order(**row) for row in rows])  # WRITE
    bills = [{"status": 1}, {"status": 2}]
    session.add_all([Invoice(**row) for row in bills])
""",
            id="by comprehensions",
        ),
        pytest.param(
            """
def place(session):
    rows = [{"status": 1}, {"status": 2}]  # WRITE
    for number, row in enumerate(rows):
        session.execute(insert(Order).values(**row))  # WRITE
    for part in itertools.batched(rows, 5):
        session.execute(insert(Order).values(part))  # WRITE
    for n in range(0, len(rows), 100):
        session.execute(insert(Order), rows[n : n + 100])  # WRITE
""",
            id="numbered, batched and in slices",
        ),
        pytest.param(
            """
def place(session):
    rows = [{"status": 1}]
    for row in rows:
        print(row)
    for row in session.others():
        session.add(Order(**row))
""",
            id="not those of another list",
        ),
    ],
)
def test_lists_that_a_loop_runs_over(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + WORK + body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
from typing import Generic, TypeVar
M = TypeVar("M", bound=models.Base)

class Repository(Generic[M]):
    model: type[M]
    def __init__(self, session: Session):
        self.session = session
    def change(self, pk, **values):
        self.session.execute(update(self.model).where(self.model.id == pk).values(**values))
    def put(self, rows: list[dict]):
        self.session.execute(insert(self.model), rows)

class Orders(Repository[Order]):
    model = Order

class Invoices(Repository[Invoice]):
    model = Invoice

def pay(session):
    Orders(session).change(1, status="x")  # WRITE
    Invoices(session).change(1, status="x")
    Orders(session).put([{"status": "x"}])  # WRITE
    Invoices(session).put([{"status": "x"}])
""",
            id="of the model of a repository",
        ),
        pytest.param(
            """
from functools import partial
from sqlalchemy import update as change
from sqlalchemy.dialects.postgresql import insert as upsert

def pay(session, conn):
    session.execute(change(Order).values(status="x"))  # WRITE
    session.execute(change(Invoice).values(status="x"))
    put = upsert(Order).values(id=1)
    put = put.on_conflict_do_update(index_elements=["id"], set_={"status": "x"})  # WRITE
    bill = upsert(Invoice).values(id=1)
    bill = bill.on_conflict_do_update(index_elements=["id"], set_={"status": "x"})
    make = partial(Order, status="x")  # WRITE
    other = partial(Invoice, status="x")
    conn.execute(insert(Order), status="x")  # WRITE
    conn.execute(insert(Invoice), status="x")
""",
            id="of functions under other names",
        ),
    ],
)
def test_statements_that_are_made_elsewhere(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, ALCHEMY + WORK + body)
