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
