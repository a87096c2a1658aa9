"""The fixtures of the pgTAP files are what the compiler writes today."""

from collections.abc import Callable

import psycopg
import pytest
from pgtests.fixtures import make


@pytest.mark.parametrize("name", list(make.FORMS))
def test_a_fixture_is_current(
    empty: str, connect: Callable[..., psycopg.Connection], name: str
) -> None:
    committed = (make.HERE / name).read_text(encoding="utf-8")

    assert make.compiled(connect(empty, autocommit=True), name) == committed, (
        "run: python -m pgtests.fixtures.make"
    )
