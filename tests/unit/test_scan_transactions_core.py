"""Transactions of code that writes by connections: begun, committed, handed to those who run it."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, the_site

from pginterlock.scan.calling import Calling
from pginterlock.scan.site import Target, Transaction

HEAD = """
=== store/work.py
from contextlib import contextmanager
from functools import wraps

import psycopg
from sqlalchemy import update
from sqlalchemy.orm import Session
from store.models import Order


"""
STATEMENT = 'conn.execute(update(Order).values(status="paid"))  # WRITE'


def judged(tmp_path: Path, body: str) -> Transaction:
    """Return what is said of the one write of *body*, where STATEMENT stands for it."""
    text = HEAD + textwrap.dedent(body).replace("STATEMENT", STATEMENT)
    return the_site(tmp_path, ALCHEMY + text).transaction


@pytest.mark.parametrize(
    ("transaction", "body"),
    [
        pytest.param(
            Transaction.YES,
            """
            def pay(conn):
                transaction = conn.begin()
                STATEMENT
                transaction.commit()
            """,
            id="begun before",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(engine):
                stmt = update(Order).values(status="paid")  # WRITE
                with engine.begin() as conn:
                    conn.execute(stmt)
            """,
            id="run in a block further down",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay(engine, connection):
                stmt = update(Order).values(status="paid")  # WRITE
                with engine.begin() as conn:
                    conn.execute("SELECT 1")
                connection.execute(stmt)
            """,
            id="run behind a block",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(engine, number):
                stmt = update(Order).values(status="paid")  # WRITE
                stmt = stmt.where(Order.id == number)
                with engine.begin() as conn:
                    conn.execute(stmt)
            """,
            id="changed, and run in a block further down",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay(conn):
                STATEMENT
                conn.begin()
            """,
            id="begun after",
        ),
        pytest.param(
            Transaction.YES,
            """
            async def pay(conn):
                tr = conn.transaction()
                await tr.start()
                STATEMENT
            """,
            id="started",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay(conn, timer):
                timer.start()
                STATEMENT
            """,
            id="something else started",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(stack, conn):
                stack.enter_context(conn.begin())
                STATEMENT
            """,
            id="entered on a stack",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(conn):
                conn.execute("BEGIN")
                STATEMENT
            """,
            id="begun in SQL",
        ),
        pytest.param(
            Transaction.YES,
            """
            async def pay(conn):
                STATEMENT
                await conn.commit()
            """,
            id="committed",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(engine):
                with engine.connect() as c:
                    c.execute(update(Order).values(status="paid"))  # WRITE
                    c.commit()
            """,
            id="committed under another name",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay(conn, basket):
                STATEMENT
                basket.commit()
            """,
            id="something else committed",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(dsn):
                with psycopg.connect(dsn) as conn:
                    STATEMENT
            """,
            id="a connection of psycopg",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay(dsn):
                with psycopg.connect(dsn, autocommit=True) as conn:
                    STATEMENT
            """,
            id="a connection that commits each statement",
        ),
        pytest.param(
            Transaction.YES,
            """
            def pay(conn):
                with conn:
                    STATEMENT
            """,
            id="the block of a connection",
        ),
        pytest.param(
            Transaction.SESSION,
            """
            def pay(db: Session):
                db.execute(update(Order).values(status="paid"))  # WRITE
                db.commit()
            """,
            id="executed by a session",
        ),
    ],
)
def test_in_its_function(tmp_path: Path, transaction: Transaction, body: str) -> None:
    assert judged(tmp_path, body) is transaction


RUNNERS = """
class Pool:
    def __init__(self, engine):
        self.engine = engine

    def in_one(self, function, *args):
        with self.engine.begin() as conn:
            return function(conn, *args)

    def alone(self, function, *args):
        return function(self.engine.connect(), *args)

    def through(self, function, *args):
        def inner(conn, function):
            with conn.begin():
                return function(conn, *args)

        return self.alone(inner, function)

    def keep(self, function):
        self.kept = function


"""


@pytest.mark.parametrize(
    ("transaction", "body"),
    [
        pytest.param(Transaction.CALLER, "pool.in_one(write)", id="run in one"),
        pytest.param(Transaction.CALLER, "pool.through(write)", id="run in one of two"),
        pytest.param(Transaction.CALLER, "pool.in_one(function=write)", id="by keyword"),
        pytest.param(Transaction.CALLER, "pool.in_one(lambda conn: write(conn))", id="by a lambda"),
        pytest.param(Transaction.NO, "pool.alone(write)", id="run without one"),
        pytest.param(Transaction.NO, "pool.keep(write)", id="kept for later"),
        pytest.param(Transaction.CALLER, "self.db.runInteraction(write)", id="Twisted"),
        pytest.param(Transaction.NO, "transaction.on_commit(write)", id="after the commit"),
    ],
)
@pytest.mark.parametrize("pool", ["Pool(None)", "self.db.pool"])
def test_handed_over(tmp_path: Path, transaction: Transaction, body: str, pool: str) -> None:
    work = f"""
class Payer:
    def pay(self):
        def write(conn):
            {STATEMENT}

        pool = {pool}
        return {body}
"""
    assert judged(tmp_path, RUNNERS + work) is transaction


@pytest.mark.parametrize(
    ("transaction", "manager"),
    [
        pytest.param(
            Transaction.YES,
            """
            @contextmanager
            def opened(engine):
                with engine.begin() as conn:
                    yield conn
            """,
            id="that yields in one",
        ),
        pytest.param(
            Transaction.YES,
            """
            @contextmanager
            def opened(engine):
                conn = engine.connect()
                yield conn
                conn.commit()
            """,
            id="that commits",
        ),
        pytest.param(
            Transaction.NO,
            """
            @contextmanager
            def opened(engine):
                yield engine.connect()
            """,
            id="that only connects",
        ),
        pytest.param(
            Transaction.YES,
            """
            def opened(engine):
                return engine.begin()
            """,
            id="that gives one",
        ),
        pytest.param(
            Transaction.YES,
            """
            class opened:
                def __init__(self, engine):
                    self.conn = engine.connect()

                def __enter__(self):
                    return self.conn

                def __exit__(self, *_):
                    self.conn.commit()
            """,
            id="a class that commits",
        ),
        pytest.param(
            Transaction.NO,
            """
            class opened:
                def __init__(self, engine):
                    self.conn = engine.connect()

                def __enter__(self):
                    return self.conn

                def __exit__(self, *_):
                    self.conn.close()
            """,
            id="a class that closes",
        ),
    ],
)
def test_in_a_block_of_the_projects_own(
    tmp_path: Path, transaction: Transaction, manager: str
) -> None:
    work = f"""

def pay(engine):
    with opened(engine) as conn:
        {STATEMENT}
"""
    assert judged(tmp_path, textwrap.dedent(manager) + work) is transaction


@pytest.mark.parametrize(
    ("transaction", "decorator"),
    [
        pytest.param(
            Transaction.YES,
            """
            def wrapped(function):
                @wraps(function)
                def inner(conn):
                    with conn.begin():
                        return function(conn)
                return inner
            """,
            id="in one",
        ),
        pytest.param(
            Transaction.NO,
            """
            def wrapped(function):
                @wraps(function)
                def inner(conn):
                    return function(conn)
                return inner
            """,
            id="without one",
        ),
    ],
)
@pytest.mark.parametrize("is_called", [False, True])
def test_decorated_by_the_projects_own(
    tmp_path: Path, transaction: Transaction, decorator: str, *, is_called: bool
) -> None:
    made = textwrap.dedent(decorator)
    if is_called:
        made = "def made(count):\n" + textwrap.indent(made, "    ") + "    return wrapped\n"
    work = f"""

@{"made(3)" if is_called else "wrapped"}
def pay(conn):
    {STATEMENT}
"""
    assert judged(tmp_path, made + work) is transaction


def test_a_method_of_a_class_of_its_own_asks_who_calls(tmp_path: Path) -> None:
    work = f"""
class Orders:
    def update(self, conn):
        {STATEMENT}


def pay(engine):
    with engine.begin() as conn:
        Orders().update(conn)
"""
    assert judged(tmp_path, work) is Transaction.CALLER


@pytest.mark.parametrize(("transaction", "how"), [("yes", "begin"), ("no", "connect")])
def test_in_a_block_that_heirs_implement(tmp_path: Path, transaction: str, how: str) -> None:
    work = f"""
class Storage:
    def opened(self):
        \"\"\"Open a connection.\"\"\"
        raise NotImplementedError

    def pay(self):
        with self.opened() as conn:
            {STATEMENT}


class Kept(Storage):
    def opened(self):
        return self.engine.{how}()
"""
    assert judged(tmp_path, work) == transaction


@pytest.mark.parametrize(
    ("transaction", "call"),
    [
        pytest.param("caller", "task.start(conn, user=1)", id="with arguments that fit"),
        pytest.param("no", "task.start(conn, name=1)", id="with others"),
        pytest.param("no", "task.start(conn, 1, 2)", id="with more"),
        pytest.param("no", "task.start(conn)", id="with too few to tell"),
    ],
)
def test_called_by_a_common_name(tmp_path: Path, transaction: str, call: str) -> None:
    work = f"""
class Task:
    def start(self, conn, user=None):
        {STATEMENT}


def run(engine, task):
    with engine.begin() as conn:
        {call}
"""
    assert judged(tmp_path, work) == transaction


def test_called_by_a_name_that_is_everywhere(tmp_path: Path) -> None:
    others = "".join(f"\n=== store/part{n}.py\nrow.update(1)\n" for n in range(70))
    work = f"""
class Task:
    def update(self, conn):
        {STATEMENT}


def run(engine):
    with engine.begin() as conn:
        Task().update(conn)
"""
    assert judged(tmp_path, work + others) is Transaction.CALLER


def test_a_method_that_queues_is_not_called_in_one(tmp_path: Path) -> None:
    work = f"""
class Task:
    def delay(self, conn):
        {STATEMENT}


def run(engine):
    with engine.begin() as conn:
        Task().delay(conn)
"""
    assert judged(tmp_path, work) is Transaction.NO


@pytest.mark.parametrize(
    ("transaction", "other"),
    [
        pytest.param(Transaction.CALLER, "", id="all"),
        pytest.param(
            Transaction.SESSION, "def other(session, order):\n    pay(order)\n", id="not all"
        ),
        pytest.param(
            Transaction.SESSION,
            "def other(session, order):\n    pay(order)\n    session.commit()\n",
            id="one commits alone",
        ),
    ],
)
def test_of_a_session_whose_callers_begin_one(
    tmp_path: Path, transaction: Transaction, other: str
) -> None:
    body = """
def pay(order: Order):
    order.status = "paid"  # WRITE


def one(session: Session, order: Order):
    with session.begin():
        pay(order)


"""
    assert the_site(tmp_path, ALCHEMY + HEAD + body + other).transaction is transaction


@pytest.mark.parametrize(
    ("transaction", "given"),
    [
        pytest.param(Transaction.YES, "engine, begins=True", id="by name"),
        pytest.param(Transaction.YES, "engine, True", id="by place"),
        pytest.param(Transaction.YES, "engine, begins=wanted", id="maybe"),
        pytest.param(Transaction.NO, "engine", id="not asked for"),
        pytest.param(Transaction.NO, "engine, begins=False", id="declined"),
    ],
)
def test_in_a_block_that_opens_one_where_it_is_asked_for(
    tmp_path: Path, transaction: Transaction, given: str
) -> None:
    body = f"""
    @contextmanager
    def opened(engine, begins=False):
        conn = engine.connect()
        if begins:
            with conn.begin():
                yield conn
        else:
            yield conn


    def pay(engine, wanted):
        with opened({given}) as conn:
            STATEMENT
    """
    assert judged(tmp_path, body) is transaction


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
    with op.get_context().autocommit_block():
        op.execute("update orders set status = 'paid'")  # WRITE
""",
            id="where it is run",
        ),
        pytest.param(
            """
    text = "update orders set status = 'paid'"  # WRITE
    with op.get_context().autocommit_block():
        op.execute(text)
""",
            id="a text that is run there",
        ),
    ],
)
def test_in_a_migration_that_leaves_its_transaction(tmp_path: Path, body: str) -> None:
    text = """
=== migrations/versions/0001_paid.py
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
"""
    assert the_site(tmp_path, ALCHEMY + text + body).transaction is Transaction.NO


def test_of_a_session_that_writes_a_class_mapped_by_a_call(tmp_path: Path) -> None:
    body = """
=== store/mapped.py
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.orm import registry

rooms = Table("rooms", MetaData(), Column("id", Integer), Column("state", String))


class Room:
    pass


registry().map_imperatively(Room, rooms)


def close(room: Room):
    room.state = "closed"  # WRITE
"""
    target = Target(("state",), model="Room")
    assert the_site(tmp_path, body, target).transaction is Transaction.SESSION


@pytest.mark.parametrize(
    ("transaction", "block"),
    [
        pytest.param(Transaction.YES, "engine.begin()", id="it opens one"),
        pytest.param(Transaction.NO, "engine.connect()", id="it opens none"),
    ],
)
def test_in_what_is_handed_a_table_and_its_values(
    tmp_path: Path, transaction: Transaction, block: str
) -> None:
    body = f"""
from store.models import Customer


def put(engine, model, values):
    with {block} as conn:
        conn.execute(update(model).values(**values))


def pay(engine):
    put(engine, Order, {{"status": "paid"}})  # WRITE


def rename(engine):
    put(engine, Customer, {{"name": "x"}})
"""
    assert the_site(tmp_path, ALCHEMY + HEAD + body).transaction is transaction


@pytest.mark.parametrize(
    ("transaction", "made", "block"),
    [
        pytest.param(
            Transaction.YES, "ConnectionPool(dsn)", "POOL.connection() as conn", id="a pool"
        ),
        pytest.param(
            Transaction.YES,
            "ConnectionPool(dsn)",
            "POOL.connection() as other, other.cursor() as conn",
            id="a cursor of one of its connections",
        ),
        pytest.param(
            Transaction.NO,
            'ConnectionPool(dsn, kwargs={"autocommit": True})',
            "POOL.connection() as conn",
            id="a pool of connections that commit each statement",
        ),
        pytest.param(
            Transaction.NO,
            "ConnectionPool(dsn)",
            "broker.connection() as conn",
            id="something else",
        ),
    ],
)
def test_in_a_connection_of_a_pool_of_psycopg(
    tmp_path: Path, transaction: Transaction, made: str, block: str
) -> None:
    body = f"""
import psycopg_pool

POOL = psycopg_pool.{made}


def pay(dsn, broker):
    with {block}:
        STATEMENT
"""
    assert judged(tmp_path, body) is transaction


def test_in_a_connection_of_a_pool_of_another_driver(tmp_path: Path) -> None:
    body = """
def pay(pool):
    with pool.connection() as conn:
        STATEMENT
"""
    assert judged(tmp_path, body) is Transaction.NO


def test_callers_that_lead_too_far_leave_the_transaction_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(Calling, "callers", endless)
    body = """
    def pay(conn):
        STATEMENT
    """
    assert judged(tmp_path, body) is Transaction.UNKNOWN
