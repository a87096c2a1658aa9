"""SQL in Python that is put together over several statements, or by what a helper is handed."""

from pathlib import Path

import pytest
from tests.scan_projects import sites_of

from pginterlock.scan.site import Target

ORDERS = Target(("status",), model="orders")
HEAD = "\n=== shop/__init__.py\n=== shop/work.py\n"

GROWING = [
    pytest.param(
        """
def f(cur, x):
    sql = "UPDATE orders "  # WRITE
    sql += "SET status = 'x'"
    if x:
        sql += " WHERE id = 1"
    cur.execute(sql)
""",
        id="a text that is added to",
    ),
    pytest.param(
        """
def f(cur, x):
    sql = "UPDATE orders "  # WRITE
    sql = sql + "SET status = 'x'"
    cur.execute(sql)
""",
        id="a name that is given itself and more",
    ),
    pytest.param(
        """
def f(cur, x):
    parts = ["UPDATE orders"]  # WRITE
    parts.append("SET status = 'x'")
    if x:
        parts.append("WHERE id = 1")
    cur.execute(" ".join(parts))
""",
        id="a list that grows and is joined",
    ),
    pytest.param(
        """
def f(cur, x):
    parts = ["UPDATE orders", "SET status = 'x'"]  # WRITE
    cur.execute(" ".join(parts))
""",
        id="a list that is joined",
    ),
]


@pytest.mark.parametrize("body", GROWING)
def test_a_text_that_grows_is_read_whole_in_all_ways(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, HEAD + body, ORDERS)


COLUMNS = [
    pytest.param(
        """
def f(cur, x, more):
    values = {"note": "a"}
    if x:
        values["status"] = "x"
    sets = ", ".join(f"{key} = %s" for key in values)
    cur.execute(f"UPDATE orders SET {sets} WHERE id = 1")  # WRITE
    others = dict(note="a")
    others.update(id=1)
    sets = ", ".join(f"{key} = %({key})s" for key, _ in others.items())
    cur.execute(f"UPDATE orders SET {sets} WHERE id = 1")
    others.update(more)
    sets = ", ".join(f"{key} = %({key})s" for key, _ in others.items())
    cur.execute(f"UPDATE orders SET {sets} WHERE id = 1")  # WRITE
""",
        id="keys of a dict",
    ),
    pytest.param(
        """
def f(cur, x):
    sets = ["note = 'a'"]
    if x:
        sets.append("status = 'x'")
    cur.execute(f"UPDATE orders SET {', '.join(sets)} WHERE id = 1")  # WRITE
""",
        id="assignments that are joined",
    ),
    pytest.param(
        """
def f(cur, x):
    sets = ["note = 'a'", "status = %s"]
    clause = ", ".join(sets)
    cur.execute(f"UPDATE orders SET {clause} WHERE id = 1")  # WRITE
""",
        id="assignments, joined before",
    ),
    pytest.param(
        """
def f(cur, x):
    sets = ["note = 'a'"]
    if x:
        sets.append("other = 'x'")
    cur.execute(f"UPDATE orders SET {', '.join(sets)} WHERE id = 1")
""",
        id="assignments of other columns",
    ),
    pytest.param(
        """
COLUMNS = ["id", "status"]
def f(cur, x):
    sets = ", ".join(f"{c} = %s" for c in COLUMNS)
    cur.execute(f"UPDATE orders SET {sets} WHERE id = 1")  # WRITE
""",
        id="assignments made of names",
    ),
    pytest.param(
        """
COLUMNS = ["id", "note"]
def f(cur, x):
    sets = ", ".join(f"{c} = %s" for c in COLUMNS)
    cur.execute(f"UPDATE orders SET {sets} WHERE id = 1")
""",
        id="assignments made of other names",
    ),
    pytest.param(
        """
COLUMNS = ("id", "status")
def f(cur, x):
    cur.execute(f"INSERT INTO orders ({', '.join(COLUMNS)}) VALUES (%s, %s)", x)  # WRITE
""",
        id="names of a constant",
    ),
    pytest.param(
        """
COLUMNS = ("id", "note")
def f(cur, x):
    cur.execute(f"INSERT INTO orders ({', '.join(COLUMNS)}) VALUES (%s, %s)", x)
""",
        id="other names of a constant",
    ),
]


@pytest.mark.parametrize("body", COLUMNS)
def test_columns_that_are_filled_in_are_told_where_the_code_tells_them(
    tmp_path: Path, body: str
) -> None:
    sites_of(tmp_path, HEAD + body, ORDERS)


KEPT = [
    pytest.param(
        """
MARK = "UPDATE {table} SET status = 'x'"  # WRITE
def f(cur, x):
    cur.execute(MARK.format(table="orders"))
""",
        id="format",
    ),
    pytest.param(
        """
MARK = "UPDATE {table} SET status = 'x'"
def f(cur, x):
    cur.execute(MARK.format(table="bills"))
""",
        id="format with another table",
    ),
    pytest.param(
        """
MARK = "UPDATE %s SET status = 'x'"  # WRITE
def f(cur, x):
    cur.execute(MARK % "orders")
""",
        id="percent",
    ),
    pytest.param(
        """
class Q:
    MARK = "UPDATE {} SET status = 'x'"  # WRITE
    table = "orders"
    def f(self, cur, x):
        cur.execute(self.MARK.format(self.table))
""",
        id="a constant of a class",
    ),
    pytest.param(
        """
def f(cur, x):
    mark = "UPDATE {} SET status = 'x'"  # WRITE
    cur.execute(mark.format("orders"))
""",
        id="a name of the function",
    ),
    pytest.param(
        """
from string import Template
MARK = Template("UPDATE $table SET status = 'x'")  # WRITE
def f(cur, x):
    cur.execute(MARK.substitute(table="orders"))
""",
        id="a template",
    ),
]


@pytest.mark.parametrize("body", KEPT)
def test_a_text_under_a_name_is_read_as_it_is_filled_in(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, HEAD + body, ORDERS)


HELPERS = [
    pytest.param(
        """
class Db:
    def update(self, table, values, where):
        self._write(table, values, where)
    def _write(self, table, values, where):
        sets = [f"{key} = %s" for key in values]
        self.cur.execute(f"UPDATE {table} SET {', '.join(sets)}")
def f(db: Db, more):
    db.update("orders", {"status": "x"}, 1)  # WRITE
    db.update("orders", dict(status="x"), 1)  # WRITE
    values = {"note": "x"}
    db.update("orders", values, 1)
    values["status"] = "x"
    db.update("orders", values, 1)  # WRITE
    db.update("orders", more, 1)
""",
        id="a helper that hands on; columns that nobody names",
    ),
    pytest.param(
        """
def restore(cur, table, row):
    names = list(row.keys())
    cur.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES (%s)", row)
def f(cur, rows):
    for table in ("orders", "bills"):
        for row in rows[table]:
            restore(cur, table, row)
""",
        id="rows of any table, by what they are",
    ),
    pytest.param(
        """
def update(cur, table, values, where):
    sets = ", ".join(f"{key} = %s" for key in values)
    cur.execute(f"UPDATE {table} SET {sets} WHERE id = %s", [*values.values(), where])
def f(cur):
    update(cur, "orders", {"status": "x"}, 1)  # WRITE
    update(cur, "orders", {"note": "x"}, 1)
    update(cur, "bills", {"status": "x"}, 1)
""",
        id="a dict",
    ),
    pytest.param(
        """
class Db:
    def insert(self, table, **values):
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        self.cur.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))
def f(db: Db):
    db.insert("orders", status="x")  # WRITE
    db.insert("orders", note="x")
    db.insert("bills", status="x")
""",
        id="keywords",
    ),
    pytest.param(
        """
def update_order(cur, id, **values):
    sets = ", ".join(f"{key} = %s" for key in values)
    cur.execute(f"UPDATE orders SET {sets} WHERE id = %s", [*values.values(), id])  # WRITE
def f(cur):
    update_order(cur, 1, status="x")
    update_order(cur, 1, note="x")
""",
        id="of one table, the helper is the site",
    ),
    pytest.param(
        """
def put(cur, table, column, value):
    cur.execute(f"UPDATE {table} SET {column} = %s", [value])
def f(cur):
    put(cur, "orders", "status", "x")  # WRITE
    put(cur, "orders", "note", "x")
    put(cur, "bills", "status", "x")
""",
        id="a column",
    ),
]


@pytest.mark.parametrize("body", HELPERS)
def test_the_call_that_names_table_and_column_is_the_site(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, HEAD + body, ORDERS)


NAMES = [
    pytest.param(
        """
from psycopg import sql
from psycopg.sql import SQL, Identifier
class Q:
    def __init__(self, schema, table="orders"):
        self.schema, self.table = schema, table
    def f(self, cur, x):
        t, several = sql.Identifier(self.schema, self.table), ["id", "status"]
        q = SQL("UPDATE {} SET status = 'x'").format(Identifier(self.table))  # WRITE
        q = sql.SQL("UPDATE {} SET status = 'x'").format(t)  # WRITE
        q = SQL("UPDATE {t} SET {c} = %s").format(t=t, c=Identifier("status"))  # WRITE
        names = SQL(", ").join([Identifier(it) for it in several])
        q = SQL("INSERT INTO {t} ({c}) VALUES (%s)").format(t=t, c=names)  # WRITE
        others = SQL(", ").join(map(Identifier, ["id", "note"]))
        q = SQL("INSERT INTO {t} ({c}) VALUES (%s)").format(t=t, c=others)
""",
        id="parts of psycopg",
    ),
    pytest.param(
        """
class Q:
    def __init__(self, schema):
        self.schema = schema
        self.table = "orders"
    def f(self, cur):
        cur.execute(f'UPDATE "{self.schema}"."{self.table}" SET "status" = 1')  # WRITE
        cur.execute('UPDATE "' + self.schema + '"."' + self.table + '" SET "status" = 1')  # WRITE
        cur.execute('UPDATE "%s"."%s" SET "status" = 1' % (self.schema, self.table))  # WRITE
        cur.execute('UPDATE {0}.{1} SET "status" = 1'.format(self.schema, self.table))  # WRITE
""",
        id="quotes around holes",
    ),
    pytest.param(
        """
def ident(name): return '"' + name.replace('"', '""') + '"'
def f(cur, schema):
    t = ident("orders")
    cur.execute(f"UPDATE {ident(schema)}.{ident('orders')} SET status = 1")  # WRITE
    cur.execute(f"UPDATE {t} SET status = 1")  # WRITE
    cur.execute(f"UPDATE {ident('bills')} SET status = 1")
""",
        id="a function that quotes",
    ),
    pytest.param(
        """
T = lambda name: f"public.{name}"
def f(cur, schema):
    cur.execute(f"UPDATE {T('orders')} SET status = 1")  # WRITE
""",
        id="a lambda",
    ),
    pytest.param(
        """
TABLES = {"o": "orders", "b": "bills"}
def f(cur, schema):
    cur.execute(f"UPDATE {TABLES['o']} SET status = 1")  # WRITE
    cur.execute(f"UPDATE {TABLES['b']} SET status = 1")
    cur.execute(f"UPDATE {TABLES[schema]} SET status = 1")  # WRITE
""",
        id="a dict of tables",
    ),
    pytest.param(
        """
from dataclasses import dataclass
@dataclass
class Settings:
    schema: str = "public"
    table: str = "orders"
    @property
    def full(self): return f"{self.schema}.{self.table}"
class Q:
    settings: Settings
    def f(self, cur):
        cur.execute(f"UPDATE {self.settings.full} SET status = 1")  # WRITE
        cur.execute(f"UPDATE {self.settings.table} SET status = 1")  # WRITE
""",
        id="a dataclass",
    ),
    pytest.param(
        """
import os
from dataclasses import dataclass, field
def add_prefix(s): return f"{os.environ.get('PREFIX', '')}{s}"
@dataclass
class Settings:
    table: str = field(default=add_prefix("orders"))
    other: str = field(default_factory=lambda: add_prefix("orders"))
class Q:
    settings: Settings
    def f(self, cur):
        cur.execute(f"UPDATE {self.settings.table} SET status = 1")  # WRITE
        cur.execute(f"UPDATE {self.settings.other} SET status = 1")  # WRITE
""",
        id="defaults of fields",
    ),
    pytest.param(
        """
def outer(table="orders"):
    name = f"x.{table}"
    def inner(cur):
        cur.execute(f"UPDATE {name} SET status = 1")  # WRITE
    return inner
""",
        id="a name of the function around",
    ),
    pytest.param(
        """
class B:
    table = "orders"
    def mark(self) -> str:
        return f"UPDATE {self.table} SET status = 'x'"  # WRITE
def f(cur): cur.execute(B().mark())
""",
        id="a method that returns the text",
    ),
    pytest.param(
        """
def f(cur, table="orders"):
    cte = f"WITH done AS (UPDATE {table} SET status = 'x' RETURNING id)"  # WRITE
    cur.execute(cte + " SELECT * FROM done")
    cur.execute(f"{cte} SELECT * FROM done")
""",
        id="a part of a statement",
    ),
    pytest.param(
        """
def f(cur, schema, table="orders"):
    cur.execute(f'''
    CREATE OR REPLACE FUNCTION {schema}.mark() RETURNS trigger AS $$
    BEGIN
        UPDATE {schema}.{table} SET status = 'x' WHERE id = new.id;  -- WRITE
        RETURN new;
    END;
    $$ LANGUAGE plpgsql;
    ''')
""",
        id="the body of a function of the database",
    ),
]


@pytest.mark.parametrize("body", NAMES)
def test_the_table_is_told_by_what_makes_its_name(tmp_path: Path, body: str) -> None:
    sites_of(tmp_path, HEAD + body, ORDERS)


def test_the_values_that_a_helper_is_handed_are_told(tmp_path: Path) -> None:
    found = sites_of(
        tmp_path,
        HEAD
        + """
PAID = "paid"
def update(cur, table, values=None, **more):
    sets = ", ".join(f"{key} = %s" for key in {**(values or {}), **more})
    cur.execute(f"UPDATE {table} SET {sets}")
def f(cur, kind):
    update(cur, "orders", {"id": 1, "status": PAID})  # WRITE
    update(cur, "orders", dict(status="new" if kind else "old"))  # WRITE
    update(cur, "orders", {"id": 1}, status=kind)  # WRITE
""",
        ORDERS,
    )
    assert [it.values for it in found] == [("paid",), ("new", "old"), (None,)]


MIGRATED = """
def upgrade(conn):
    for table, column in [
        ("orders", "id"), ("customers", "key"), ("bills", "status"), ("orders", "COLUMN"),
    ]:
        conn.execute(sa.text(f"UPDATE {table} SET {column} = REPLACE({column}, '-', '')"))
"""


@pytest.mark.parametrize(("column", "mark"), [("status", "  # WRITE"), ("item_id", "")])
def test_a_column_of_many_is_told_apart_from_its_table(
    tmp_path: Path, column: str, mark: str
) -> None:
    lines = MIGRATED.replace("COLUMN", column)

    sites_of(tmp_path, HEAD + lines.replace("'')\"))", f"'')\")){mark}"), ORDERS)
