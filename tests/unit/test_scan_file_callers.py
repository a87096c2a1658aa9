"""The transaction of a statement in a file of SQL: that of the code which runs the file."""

import textwrap
from pathlib import Path

import pytest
from tests.scan_projects import DJANGO, run, the_site

from pginterlock.scan.site import Callers, Site, Transaction

QUERY = """
=== shop/queries/pay.sql
update shop_order set status = 'paid' where id = %s  -- WRITE
"""
NAMED = """
=== shop/orders.sql
-- name: pay-order!
update shop_order set status = 'paid' where id = :id;  -- WRITE
"""


def judged(tmp_path: Path, sql: str, code: str) -> Site:
    """Return the one site, which stands in *sql*."""
    return the_site(tmp_path, DJANGO + sql + "\n=== shop/work.py\n" + textwrap.dedent(code))


@pytest.mark.parametrize(
    ("transaction", "callers", "code"),
    [
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            async def pay(pool, key):
                async with pool.connection() as conn, conn.transaction():
                    await conn.execute(load("pay.sql"), [key])
            """,
            id="a statement in a transaction",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.SOME,
            """
            async def pay(conn, key):
                async with conn.transaction():
                    await conn.execute(load("queries/pay.sql"), [key])

            async def pay_at_once(conn, key):
                await conn.execute(load("queries/pay.sql"), [key])
            """,
            id="one of two",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            def pay(cursor, key):
                cursor.execute(load("pay.sql"), [key])

            def settle(connection, key):
                with connection.transaction():
                    pay(connection.cursor(), key)
            """,
            id="the caller of what names it",
        ),
        pytest.param(
            Transaction.NO,
            Callers.NO,
            """
            def pay(cursor, key):
                cursor.execute(load("pay.sql"), [key])
            """,
            id="none",
        ),
        pytest.param(
            Transaction.NO,
            Callers.UNKNOWN,
            """
            def pay(connection, key):
                with connection.transaction():
                    connection.execute(load("repay.sql"), [key])
            """,
            id="another file",
        ),
        pytest.param(
            Transaction.NO,
            Callers.UNKNOWN,
            """
            PAY = load("pay.sql")
            """,
            id="when the module is imported",
        ),
    ],
)
def test_a_file_that_code_names(
    tmp_path: Path, transaction: Transaction, callers: Callers, code: str
) -> None:
    site = judged(tmp_path, QUERY, code)

    assert (site.transaction, site.callers) == (transaction, callers)


@pytest.mark.parametrize(
    ("transaction", "code"),
    [
        pytest.param(
            Transaction.CALLER,
            """
            def pay(queries, connection, key):
                with connection.transaction():
                    queries.pay_order(connection, id=key)
            """,
            id="in a transaction",
        ),
        pytest.param(
            Transaction.NO,
            """
            def pay(queries, connection, key):
                queries.pay_order(connection, id=key)
            """,
            id="in none",
        ),
        pytest.param(
            Transaction.NO,
            """
            class Orders:
                def pay_order(self, connection):
                    pass

            def pay(orders: Orders, connection):
                with connection.transaction():
                    orders.pay_order(connection)
            """,
            id="a method of the project's own",
        ),
    ],
)
def test_a_query_that_a_library_makes_a_method(
    tmp_path: Path, transaction: Transaction, code: str
) -> None:
    assert judged(tmp_path, NAMED, code).transaction == transaction


def test_a_kept_result_follows_the_code_that_runs_the_file(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    folder = tmp_path / "project"
    code = "def pay(conn):\n    conn.execute(load('pay.sql'))\n"
    judged(folder, QUERY, code)
    [before] = run(folder, cache=cache).sites

    (folder / "shop/work.py").write_text(
        "def pay(conn):\n    with conn.transaction():\n        conn.execute(load('pay.sql'))\n"
    )
    [after] = run(folder, cache=cache).sites

    assert (before.transaction, after.transaction) == (Transaction.NO, Transaction.CALLER)


DELTA = """
=== shop/schema/delta/7/SUFFIX
update shop_order set status = 'paid'  -- WRITE
"""


@pytest.mark.parametrize("suffix", ["pay.sql", "pay.sql.postgres", "pay.SQL.Postgres"])
@pytest.mark.parametrize(
    ("transaction", "callers", "code"),
    [
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            import os

            def upgrade(connection, root):
                with connection.transaction():
                    apply(connection.cursor(), os.path.join(root, "delta", "7"))

            def apply(cursor, root):
                for name in os.listdir(os.path.join(root, "delta")):
                    if name.endswith(".sql"):
                        with open(name) as file:
                            cursor.execute(file.read())
            """,
            id="its caller opens one",
        ),
        pytest.param(
            Transaction.CALLER,
            Callers.ALL,
            """
            def upgrade(connection, root):
                for file in sorted((root / "schema/delta").rglob("*.sql")):
                    with connection.transaction():
                        connection.execute(file.read_text())
            """,
            id="around each file",
        ),
        pytest.param(
            Transaction.NO,
            Callers.NO,
            """
            def upgrade(connection, root):
                for file in (root / "delta").glob("*/*.sql"):
                    connection.execute(file.read_text())
            """,
            id="none",
        ),
        pytest.param(
            Transaction.NO,
            Callers.UNKNOWN,
            """
            def upgrade(connection, root):
                with connection.transaction():
                    for file in (root / "views").glob("*.sql"):
                        connection.execute(file.read_text())
            """,
            id="another folder",
        ),
        pytest.param(
            Transaction.NO,
            Callers.UNKNOWN,
            """
            def upgrade(connection, root):
                with connection.transaction():
                    for file in (root / "delta").glob("*.csv"):
                        connection.execute(file.read_text())
            """,
            id="other files",
        ),
    ],
)
def test_a_file_of_a_folder_that_code_lists(
    tmp_path: Path, transaction: Transaction, callers: Callers, code: str, suffix: str
) -> None:
    site = judged(tmp_path, DELTA.replace("SUFFIX", suffix), code)

    assert (site.transaction, site.callers) == (transaction, callers)


def test_files_of_a_kind_of_database_alone_are_sql(tmp_path: Path) -> None:
    for name in ("pay.sqlite", "pay.postgres", "pay.sql.gz", "pay.sql.bak"):
        (tmp_path / name).write_text("update shop_order set status = 'paid'")

    assert run(tmp_path).files == 0


def test_a_kept_result_follows_the_code_that_lists_the_folder(tmp_path: Path) -> None:
    cache, folder = tmp_path / "cache", tmp_path / "project"
    code = """
    def pay(conn, root):
        for it in (root / "delta").rglob("*.sql"):
            conn.execute(it.read_text())
    """
    judged(folder, DELTA.replace("SUFFIX", "pay.sql"), code)
    [before] = run(folder, cache=cache).sites

    told = textwrap.dedent(code).replace("def pay(conn, root):", "@atomic\ndef pay(conn, root):")
    (folder / "shop/work.py").write_text(told)
    [after] = run(folder, cache=cache).sites

    assert (before.transaction, after.transaction) == (Transaction.NO, Transaction.CALLER)
