"""Whose unit of work a write by a session of SQLAlchemy is, however the session comes about."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, the_site

from pginterlock.scan.site import Transaction

HEAD = """
=== store/work.py
from contextlib import asynccontextmanager, contextmanager
from functools import wraps

from sqlalchemy import update
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from store.models import Order

SessionLocal = sessionmaker()


"""
DECORATED = """


@in_session
def pay(pk, *, session=None):
    order = session.get(Order, pk)
    order.status = "paid"  # WRITE


@contextmanager
def begun():
    session = SessionLocal()
    session.begin()
    yield session
    session.commit()


def desk(pk):
    with begun() as session:
        pay(pk, session=session)
"""


def judged(tmp_path: Path, body: str) -> Transaction:
    """Return what is said of the one write of *body*."""
    return the_site(tmp_path, ALCHEMY + HEAD + textwrap.dedent(body)).transaction


@pytest.mark.parametrize(
    ("transaction", "decorator"),
    [
        pytest.param(
            Transaction.SESSION,
            """
            def in_session(function):
                def run(*args, session=None, **kwargs):
                    if session:
                        return function(*args, session=session, **kwargs)
                    session = SessionLocal()
                    session.begin()
                    result = function(*args, session=session, **kwargs)
                    session.commit()
                    return result
                return run
            """,
            id="by keyword",
        ),
        pytest.param(
            Transaction.SESSION,
            """
            def in_session(function):
                @wraps(function)
                def run(*args, **kwargs):
                    with SessionLocal() as db:
                        return function(db, *args, **kwargs)
                return run
            """,
            id="by place",
        ),
        pytest.param(
            Transaction.SESSION,
            """
            def in_session(function):
                @wraps(function)
                def run(*args, **kwargs):
                    kwargs["session"] = SessionLocal()
                    return function(*args, **kwargs)
                return run
            """,
            id="among the keywords",
        ),
        pytest.param(
            Transaction.SESSION,
            """
            from elsewhere import with_session as in_session
            """,
            id="from elsewhere, by its name",
        ),
        pytest.param(
            Transaction.YES,
            """
            def in_session(function):
                def run(*args, **kwargs):
                    with SessionLocal.begin() as session:
                        return function(*args, session=session, **kwargs)
                return run
            """,
            id="in a block that begins one",
        ),
        pytest.param(
            Transaction.CALLER,
            """
            def in_session(function):
                def run(*args, **kwargs):
                    print("called")
                    return function(*args, **kwargs)
                return run
            """,
            id="not handed over",
        ),
    ],
)
def test_of_a_function_that_a_decorator_hands_its_session(
    tmp_path: Path, transaction: Transaction, decorator: str
) -> None:
    assert judged(tmp_path, textwrap.dedent(decorator) + DECORATED) is transaction


MADE = """
=== store/made.py
from sqlalchemy.orm import Session, scoped_session, sessionmaker

local = sessionmaker()
Scoped = scoped_session(local)
conn = connect()


def give():
    session = local()
    yield session


def connected():
    yield connect()
"""
KEPT = """
=== store/work.py
from typing import Annotated

from fastapi import Depends
from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session
from store.made import Scoped, conn, connected, give
from store.models import Order

Db = Annotated[Session, Depends(give)]
Connection = Annotated[object, Depends(connected)]
"""


@pytest.mark.parametrize(
    ("transaction", "body"),
    [
        pytest.param(
            Transaction.SESSION,
            """
            class Orders:
                def __init__(self, session):
                    self._db = session
                def pay(self):
                    self._db.execute(update(Order).values(status="x"))  # WRITE
            """,
            id="on the object, by its name",
        ),
        pytest.param(
            Transaction.SESSION,
            """
            class Orders:
                def __init__(self, db: Session):
                    self._db = db
                def pay(self):
                    self._db.execute(text("update orders set status = 'x'"))  # WRITE
            """,
            id="on the object, by its annotation",
        ),
        pytest.param(
            Transaction.SESSION,
            """
            class Orders:
                _db: Session
                def pay(self):
                    self._db.execute(update(Order).values(status="x"))  # WRITE
            """,
            id="on the class",
        ),
        pytest.param(
            Transaction.NO,
            """
            class Orders:
                def __init__(self, conn):
                    self._db = conn
                def pay(self):
                    self._db.execute(update(Order).values(status="x"))  # WRITE
            """,
            id="a connection on the object",
        ),
        pytest.param(
            Transaction.SESSION,
            """
            def pay():
                Scoped.execute(update(Order).values(status="x"))  # WRITE
            """,
            id="of a module",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay():
                conn.execute(update(Order).values(status="x"))  # WRITE
            """,
            id="a connection of a module",
        ),
        pytest.param(
            Transaction.SESSION,
            """
            def pay(db: Db):
                db.execute(update(Order).values(status="x"))  # WRITE
            """,
            id="by the name of an annotation",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay(db: Connection):
                db.execute(update(Order).values(status="x"))  # WRITE
            """,
            id="a connection by the name of an annotation",
        ),
        pytest.param(
            Transaction.SESSION,
            """
            def pay(pk, *, db=Depends(give)):
                db.execute(update(Order).values(status="x"))  # WRITE
            """,
            id="of what a framework asks",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay(pk, *, db=Depends(connected)):
                db.execute(update(Order).values(status="x"))  # WRITE
            """,
            id="a connection of what a framework asks",
        ),
    ],
)
def test_of_a_statement_that_a_session_executes(
    tmp_path: Path, transaction: Transaction, body: str
) -> None:
    text = ALCHEMY + MADE + KEPT + textwrap.dedent(body)
    assert the_site(tmp_path, text).transaction is transaction


@pytest.mark.parametrize(
    ("transaction", "beginning"),
    [
        pytest.param(Transaction.SESSION, "begin_nested", id="a savepoint"),
        pytest.param(Transaction.CALLER, "begin", id="a transaction"),
    ],
)
def test_of_a_session_in_which_the_caller_begins(
    tmp_path: Path, transaction: Transaction, beginning: str
) -> None:
    body = f"""
    def pay(order: Order):
        order.status = "x"  # WRITE


    def desk(session: Session, order: Order):
        nested = session.{beginning}()
        pay(order)
        nested.commit()
    """
    assert judged(tmp_path, body) is transaction
