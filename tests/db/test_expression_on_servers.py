"""Expressions against real servers: what we call an aggregate is one, what we pass they accept."""

from collections.abc import Callable

import psycopg
import pytest
from tests.servers import TestServer

from pginterlock.expression import ExpressionError, parse, rewrite
from pginterlock.expression_refusals import AGGREGATES, SETS, WINDOWS
from pginterlock.names import ident

Connect = Callable[..., psycopg.Connection]
NAMES = """
select distinct p.proname from pg_proc as p
where p.pronamespace = 'pg_catalog'::regnamespace and p.proname !~ '^(pg_|txid_)' and
"""
# What a client calls: no type's input and output, no handler, no function of a trigger.
VOLATILE = """
select p.proname from pg_proc as p
where
    p.pronamespace = 'pg_catalog'::regnamespace
    and p.prorettype::regtype::text not in ('trigger', 'language_handler', 'tsm_handler',
        'index_am_handler', 'table_am_handler', 'internal')
    and not p.proargtypes::oid[] && '{2281}'
group by p.proname
having bool_and(p.provolatile = 'v')
"""


@pytest.mark.parametrize(
    ("known", "condition"),
    [
        pytest.param(AGGREGATES | WINDOWS, "p.prokind = 'a'", id="aggregates"),
        pytest.param(WINDOWS, "p.prokind = 'w'", id="window functions"),
        pytest.param(SETS, "p.proretset", id="functions of many rows"),
    ],
)
def test_every_name_of_the_catalog_is_known(
    server: TestServer, connect: Connect, known: frozenset[str], condition: str
) -> None:
    found = connect(server.dsn()).execute(NAMES + condition).fetchall()

    assert {name for (name,) in found} <= known


def test_no_volatile_function_of_the_catalog_gets_through(
    server: TestServer, connect: Connect
) -> None:
    found = [name for (name,) in connect(server.dsn()).execute(VOLATILE).fetchall()]

    assert "clock_timestamp" in found
    assert [name for name in found if is_read(f'{ident(name)}("x")')] == []


def is_read(text: str) -> bool:
    try:
        parse(text)
    except ExpressionError:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("größe > 0 and (\"Größe\"\"\" < größe or 'ß' = 'ß')", id="not ASCII"),
        pytest.param("(d, größe) < ('2024-01-02', 3)", id="row comparison"),
        pytest.param("d between '2023-12-31' and '2024-01-02'::date", id="between"),
        pytest.param("extract(year from d) = 2024 and d = any(array[d])", id="extract and any"),
        pytest.param('case when größe = 2 then "Größe""" is not null end', id="case"),
    ],
)
def test_a_rewritten_condition_holds_on_the_server(
    server: TestServer, connect: Connect, text: str
) -> None:
    row = '''select 2 as "größe", 1 as "Größe""", date '2024-01-01' as d'''
    condition = rewrite(text, lambda column: f"new.{ident(column)}")

    held = connect(server.dsn()).execute(f"select ({condition}) is true from ({row}) as new")

    assert held.fetchone() == (True,)


@pytest.mark.parametrize("setting", ["standard_conforming_strings", "backslash_quote"])
@pytest.mark.parametrize("value", ["off", "on"])
def test_no_setting_of_a_session_changes_a_condition(
    server: TestServer, connect: Connect, setting: str, value: str
) -> None:
    session = connect(server.dsn())
    session.execute(f"set {setting} = {value}")
    text = r"name = E'a\\b' and name <> 'a''b' and name <> $$a\b'$$"
    condition = rewrite(text, ident)

    held = session.execute(f"select ({condition}) is true from (select E'a\\\\b' as name) as t")

    assert held.fetchone() == (True,)
