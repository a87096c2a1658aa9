"""For tests that flush the database: TransactionTestCase, LiveServerTestCase and their like.

Django empties tables with TRUNCATE after each of them, and a machine refuses that.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections

from pginterlock import assets


class GuardedTablesMixin:
    """Put it before the test case: ``class Desk(GuardedTablesMixin, TransactionTestCase)``."""

    def _fixture_teardown(self) -> None:
        case: Any = self
        with ExitStack() as stack:
            for alias in case._databases_names(include_mirrors=False):
                stack.enter_context(truncatable(alias))
            case_teardown: Any = super()
            case_teardown._fixture_teardown()


@contextmanager
def truncatable(alias: str = "default") -> Iterator[None]:
    """Let tables under machines be truncated while the block runs: in a database of tests.

    Needs the rights of their owner. What it switches off is on again afterwards.
    """
    connection = connections[alias]
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(assets.read("sql", "queries", "truncate_triggers.sql"))
        found = cursor.fetchall()
        for relation, name in found:
            cursor.execute(f"alter table {relation} disable trigger {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for relation, name in found:
                cursor.execute(f"alter table {relation} enable always trigger {name}")
