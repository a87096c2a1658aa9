"""By which of its names a table is told: by the same in each run, whatever order sets have."""

import ast
from dataclasses import replace

from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import Module
from pginterlock.scan.site import Target
from pginterlock.scan.wanted import Wanted, by_table, tables_by_class

NAMES = frozenset(f"{letter}_orders" for letter in "hgfedcba")
MODULE = Module("shop.py", "shop", is_package=False, text="", parts=[], fails=print)
ORDER = ClassDef("Order", "Order", MODULE, ast.ClassDef("Order", [], [], [], []))
WANTED = Wanted(
    Target(("status",), model="Order"), {}, frozenset([ORDER]), NAMES, is_mapped=True, shown="Order"
)


def test_the_shortest_name_and_of_those_the_first() -> None:
    assert tables_by_class([WANTED]) == {"Order": "a_orders"}


def test_no_name_where_no_table_is_known() -> None:
    assert tables_by_class([replace(WANTED, tables=frozenset())]) == {}


def test_targets_in_the_order_of_the_names_of_the_table() -> None:
    assert [it.table for it in by_table(WANTED)] == sorted(NAMES)
