"""SQL whose table and column a loop gives together, and columns that tests in a loop leave."""

from pathlib import Path

import pytest
from tests.scan_projects import sites_of

from pginterlock.scan.site import Target

ORDERS = Target(("status",), table="orders")
HEAD = """
=== store/work.py
import sqlalchemy as sa

PAIRS = [("orders", "note"), ("bills", "status")]
LISTED = {"orders": ["note", "status"], "bills": ["total"]}
ALLOWED = ("note", "total")


def put(conn, table, column, value):
    conn.execute(f"update {table} set {column} = %s", [value])


class Store:
    def put(self, table, values):
        sets = ", ".join(f"{k} = %s" for k in values)
        self.conn.execute(f"update {table} set {sets}", list(values.values()))


def work(conn, pk, store: Store, values):
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            """
    for table, column in (("orders", "status"), ("bills", "note")):
        conn.execute(f"update {table} set {column} = 'x'")  # WRITE
    for table, column in (("orders", "note"), ("bills", "status")):
        conn.execute(f"update {table} set {column} = 'x'")
    for table, column in [("orders", "status"), ("bills", "note")]:
        conn.execute("update {} set {} = 'x'".format(table, column))  # WRITE
    for table, column in PAIRS:
        conn.execute("update %s set %s = 'x'" % (table, column))
    for table, column in zip(["orders", "bills"], ["note", "status"]):
        conn.execute(f"update {table} set {column} = 'x'")
    [conn.execute(f"update {table} set {column} = 'x'") for table, column in PAIRS]
""",
            id="pairs",
        ),
        pytest.param(
            """
    for table, column in {"orders": "note", "bills": "status"}.items():
        conn.execute("update {} set {} = 'x'".format(table, column))
    for table, columns in LISTED.items():
        for column in columns:
            conn.execute(f"update {table} set {column} = 'x'")  # WRITE
    for table in LISTED:
        for column in LISTED[table]:
            conn.execute(f"update {table} set {column} = 'x'")  # WRITE
    for table, columns in {"orders": ["note"], "bills": ["status"]}.items():
        for column in columns:
            conn.execute(f"update {table} set {column} = 'x'")
""",
            id="a dict",
        ),
        pytest.param(
            """
    for table, column in PAIRS:
        put(conn, table, column, 1)
        store.put(table, {column: 1})
    for table, column in [("orders", "status"), ("bills", "note")]:
        put(conn, table, column, 1)  # WRITE
        store.put(table, {column: 1})  # WRITE
""",
            id="handed to a helper",
        ),
    ],
)
def test_a_loop_gives_table_and_column_together(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, HEAD + body, ORDERS)


@pytest.mark.parametrize(
    ("columns", "mark"),
    [
        ('("note", "status")', "  # WRITE"),
        ('["note", "total"]', ""),
        ("ALLOWED", ""),
    ],
)
@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(
            """
    parts, args = [], []
    for k, v in values.items():
        if k in COLUMNS and v is not None:
            parts.append(f"{k} = %s")
            args.append(v)
    conn.execute("update orders set " + ", ".join(parts) + " where id = %s", args)
""",
            id="if in",
        ),
        pytest.param(
            """
    parts = []
    for k in values:
        if k not in COLUMNS:
            continue
        parts.append(f"{k} = :{k}")
    conn.execute("update orders set " + ", ".join(parts) + " where id = :id", values)
""",
            id="if not in, it goes on",
        ),
        pytest.param(
            """
    sets = ", ".join(f"{k} = :{k}" for k in values if k in COLUMNS)
    conn.execute(f"update orders set {sets} where id = :id", values)
""",
            id="in a comprehension",
        ),
    ],
)
def test_columns_that_a_test_in_a_loop_leaves(
    tmp_path: Path, lines: str, columns: str, mark: str
) -> None:
    body = lines.replace("COLUMNS", columns)
    *above, last = body.rstrip().split("\n")

    sites_of(tmp_path, HEAD + "\n".join([*above, last + mark, ""]), ORDERS)


def test_names_that_are_given_two_lists_at_once(tmp_path: Path) -> None:
    sites_of(
        tmp_path,
        HEAD
        + """
    parts, args = [], []
    if pk:
        parts.append("note = %s")
        args.append(pk)
    conn.execute("update orders set " + ", ".join(parts) + " where id = %s", args)
    parts, args = ["status = %s"], []
    conn.execute("update orders set " + ", ".join(parts) + " where id = %s", args)  # WRITE
""",
        ORDERS,
    )
