"""What opens a transaction on the way from a call to a write."""

import ast

import pytest

from pginterlock.scan.facts import facts_of
from pginterlock.scan.handing import Handing
from pginterlock.scan.hops import Hop, opened_by
from pginterlock.scan.infer import Reader
from pginterlock.scan.opening import Opening
from pginterlock.scan.project import Project

WORK = b"""
class Pool:
    def once(self, conn, desc, func, *args):
        found = func(conn.cursor(), *args)
        conn.commit()
        return found

    def never(self, conn, desc, func, *args):
        return func(conn.cursor(), *args)

    def in_one(self, desc, func, *args, autocommit=False):
        return self.driver.run(self.once, desc, func, *args)

    def in_none(self, desc, func, *args):
        return self.driver.run(self.never, desc, func, *args)

    def put(self, table, values):
        LINE

    def put_txn(self, cur, table, values):
        pass
"""


@pytest.mark.parametrize(
    ("is_open", "line"),
    [
        (True, 'self.in_one("put", self.put_txn, table, values)'),
        (False, 'self.in_none("put", self.put_txn, table, values)'),
        (False, 'self.in_one("put", self.put_txn, table, values, autocommit=True)'),
        (False, 'self.keep("put", self.put_txn)'),
    ],
)
def test_a_function_that_is_handed_over_on_the_way(line: str, *, is_open: bool) -> None:
    text = WORK.replace(b"LINE", line.encode())
    project = Project({"work.py": text}, lambda _: facts_of(text), {})
    module = project.module("work.py")
    assert module is not None
    reader = Reader(project)
    opening = Opening(reader)
    (stmt,) = (it for it in ast.walk(module.tree) if isinstance(it, ast.Expr) and _hands(it))
    (given,) = (it for it in ast.walk(stmt) if isinstance(it, ast.Attribute) and _is_given(it))

    told = opened_by(
        [Hop(module, stmt, ast.Call(given, [], []))], opening, Handing(reader, opening)
    )

    assert bool(told) is is_open


def _hands(stmt: ast.Expr) -> bool:
    return any(_is_given(it) for it in ast.walk(stmt))


def _is_given(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "put_txn"
