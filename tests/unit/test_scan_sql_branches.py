"""Branches of a MERGE, each a write of its own; states that a condition names as a list."""

from pathlib import Path

import pytest
from tests.scan_projects import ALCHEMY, DJANGO, lay, run, sites_of, the_site

from pginterlock.scan.site import Site, Target, Transaction
from pginterlock.scan.sql_writes import sql_writes

TABLE = Target(("status",), model="Order", table="shop_order")
UPDATE = "\"update shop_order set status = 'x' where status \""
MERGE = """
=== store/tidy.sql
merge into orders o
using arrived a on a.id = o.id and o.note is null
when matched and o.status = 'new' then
    update set status = 'paid'  -- WRITE
when matched and o.status in ('paid', 'lost') and a.n > 1 then
    -- interlock: ok they were sent by hand
    update set (note, status) = ('x', 'shipped')  -- WRITE
when matched and a.status = 'new' then delete
when not matched by source then update set status = 'lost'  -- WRITE
when not matched then
    insert (id, status) values (a.id, 'new')  -- WRITE
when not matched and a.n = 2 then do nothing
when not matched then insert default values;
"""


def test_each_branch_of_a_merge_is_a_write(tmp_path: Path) -> None:
    found = sites_of(tmp_path, ALCHEMY + MERGE)

    assert [(it.values, it.sources, it.is_new) for it in found] == [
        (("paid",), ("new",), False),
        (("shipped",), ("lost", "paid"), False),
        (("lost",), (), False),
        (("new",), (), True),
    ]
    assert {it.construct for it in found} == {"sql_merge"}


def test_a_branch_of_a_merge_ends_where_the_next_begins(tmp_path: Path) -> None:
    found = sites_of(tmp_path, ALCHEMY + MERGE)

    assert [(it.line, it.end_line) for it in found] == [(4, 4), (7, 8), (9, 9), (11, 13)]


def test_what_joins_counts_for_branches_that_match(tmp_path: Path) -> None:
    text = """
=== store/tidy.sql
merge into orders o using arrived a on a.id = o.id and o.status = 'new'
when matched then update set status = 'paid'  -- WRITE
when not matched by source then update set status = 'lost';  -- WRITE
"""

    found = sites_of(tmp_path, ALCHEMY + text)

    assert [it.sources for it in found] == [("new",), ()]


def test_a_merge_in_python_is_placed_at_its_branches(tmp_path: Path) -> None:
    text = """
=== store/work.py
def tidy(cursor):
    cursor.execute(
        '''
        merge into orders o using arrived a on a.id = o.id
        when matched and o.status = %(was)s then
            update set status = %(to)s  -- WRITE
        when not matched then insert values (1)
        ''',
        {"was": "new", "to": "paid"},
    )
"""

    found = [it for it in run_of(tmp_path, ALCHEMY + text) if it.confidence == "high"]

    assert [(it.line, it.values, it.sources) for it in found] == [(6, ("paid",), ("new",))]


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        ("a = any(array['x', 'y'])", ("x", "y")),
        ("a = any(array['x', 'y']::text[])", ("x", "y")),
        ("a = any('{x, \"y z\"}')", ("x", "y z")),
        ("a = some ('{x,1}'::text[])", ("x", "1")),
        ("a in ('x', 'y')", ("x", "y")),
        ("a::text in ('x', 'y')", ("x", "y")),
        ("a is not distinct from 'x'", ("x",)),
        ("a = any(array['x']) or a in ('y')", ("x", "y")),
        ("a = any('{}')", None),
        ("a = any('{x,{y}}')", None),
        ("a = all(array['x', 'y'])", None),
        ("a <> any(array['x', 'y'])", None),
        ("a is distinct from 'x'", None),
        ("a not in ('x', 'y')", None),
        ("a = any(array['x', lower(b)])", None),
        ("a = any(select b from c)", None),
    ],
)
def test_the_states_that_a_condition_lists(condition: str, where: tuple[str, ...] | None) -> None:
    (found,) = sql_writes(f"update t set a = 'z' where {condition}")

    assert found.where == ((("a", where),) if where else ())


@pytest.mark.parametrize(
    ("call", "sources"),
    [
        ('"= any(%s)", (["new", "paid"],)', ("new", "paid")),
        ('"= any(%s::text[])", [OPEN]', ("new", "paid")),
        ('"in %s", (tuple(OPEN),)', ("new", "paid")),
        ('"in (%s, \'lost\')", ("new",)', ("lost", "new")),
        ('"= any(array[%(one)s, %(two)s])", {"one": "new", "two": Order.PAID}', ("new", "paid")),
        ('"= any($1)", OPEN', ("new", "paid")),
        ('"in (%s, %s)", ("new", given)', ()),
        ('"= any(%s)", (given,)', ()),
    ],
)
def test_the_states_that_a_call_hands_to_a_condition(
    tmp_path: Path, call: str, sources: tuple[str, ...]
) -> None:
    condition, _, handed = call.partition(", ")
    text = f"""
=== shop/work.py
from shop.models import Order

OPEN = ["new", "paid"]

def work(cursor, given):
    cursor.execute({UPDATE} {condition}, {handed})  # WRITE
"""

    assert the_site(tmp_path, DJANGO + text, TABLE).sources == sources


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ('[("update shop_order set status = %s where status = %s", ["paid", "new"])]', ("paid",)),
        ('("update shop_order set status = %(to)s", {"to": "paid"})', ("paid",)),
        ("[\"update shop_order set status = 'paid'\"]", ("paid",)),
        ('[("update shop_order set status = %s", GIVEN)]', ("paid", "lost")),
    ],
)
def test_runsql_has_its_parameters_beside_it(
    tmp_path: Path, body: str, values: tuple[str, ...]
) -> None:
    text = f"""
=== shop/migrations/0002_pay.py
from django.db import migrations

GIVEN = ["paid"]
if migrations:
    GIVEN = ["lost"]


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(
            {body},  # WRITE
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
"""

    site = the_site(tmp_path, DJANGO + text, TABLE)

    assert site.values == values
    assert site.transaction is Transaction.YES


@pytest.mark.parametrize(
    ("call", "values"),
    [
        ('execute_values(cur, "INTO values %s", [(1, "new"), (2, "paid")])', ("new", "paid")),
        ('execute_values(cur, "INTO values %s", [(it, "new") for it in rows])', ("new",)),
        ('execute_values(cur, "INTO values %s", rows)', (None,)),
        ('execute_values(cur, "INTO values %s", [(1, "x")], template="(%s, \'y\')")', (None,)),
        ('execute_values(cur, "INTO values %s", [(*rows, "new")])', (None,)),
        ('execute_batch(cur, "INTO values (%s, %s)", [(1, "new"), (2, "x")])', ("new", "x")),
        ('cur.executemany("INTO values (%s, %s)", [(it, "new") for it in rows])', ("new",)),
    ],
)
def test_the_rows_that_are_handed_to_one_statement(
    tmp_path: Path, call: str, values: tuple[str | None, ...]
) -> None:
    text = f"""
=== shop/work.py
from psycopg2.extras import execute_batch, execute_values

def work(cur, rows):
    {call.replace("INTO", "insert into shop_order (id, status)")}  # WRITE
"""

    assert the_site(tmp_path, DJANGO + text, TABLE).values == values


@pytest.mark.parametrize(
    ("call", "values"),
    [
        ('cur.copy_from(rows, "orders", columns=("id", "status"))', (None,)),
        ('cur.copy_from(rows, table="orders", columns=["id", "status"])', (None,)),
        ('cur.copy_records_to_table("orders", records=rows, columns=["id", "status"])', (None,)),
        (
            'cur.copy_records_to_table("orders", records=[(1, "new"), (2, "new")],'
            ' columns=["id", "status"])',
            ("new",),
        ),
        (
            'cur.copy_records_to_table("orders", records=[(it, "new") for it in rows],'
            ' columns=["id", "status"])',
            ("new",),
        ),
        (
            'cur.copy_records_to_table("orders", records=[(1, "new"), (2, "paid")],'
            ' columns=["id", "status"])',
            (None,),
        ),
        ('cur.copy_to_table("orders", source=rows, columns=["id", "status"])', (None,)),
    ],
)
def test_a_copy_of_a_driver(tmp_path: Path, call: str, values: tuple[str | None, ...]) -> None:
    text = f"""
=== store/work.py
def work(cur, rows):
    {call}  # WRITE
    {call.replace('"orders"', '"invoices"')}
    {call.replace('"status"', '"note"')}
"""

    site = the_site(tmp_path, ALCHEMY + text)

    assert (site.values, site.is_new, site.construct) == (values, True, "driver_copy")
    assert site.transaction is Transaction.NO


def run_of(folder: Path, text: str) -> list[Site]:
    """Return the sites of the files of *text*, those that are not marked too."""
    lay(folder, text)
    return run(folder).sites
