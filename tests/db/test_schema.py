"""Schema interlock: fresh install and upgrade end in the same catalog, and go back to nothing."""

from collections.abc import Callable

import psycopg
import pytest
from alembic.script import ScriptDirectory

from pginterlock import assets, database, migrate
from pginterlock.compiler import ownership

Connect = Callable[..., psycopg.Connection]

CATALOG = """
select 'column', format('%s.%s', c.relname, a.attname),
    format('%s %s %s %s', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid))
from pg_class as c
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = 'interlock'::regnamespace and c.relkind in ('r', 'p', 'v')
union all
select 'constraint', format('%s.%s', k.conrelid::regclass, k.conname), pg_get_constraintdef(k.oid)
from pg_constraint as k where k.connamespace = 'interlock'::regnamespace
union all
select 'index', i.indexname, i.indexdef from pg_indexes as i where i.schemaname = 'interlock'
union all
select 'function', p.oid::regprocedure::text,
    pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '')
    || coalesce(obj_description(p.oid), '')
from pg_proc as p where p.pronamespace = 'interlock'::regnamespace
union all
select 'comment', c.relname, obj_description(c.oid, 'pg_class')
from pg_class as c where c.relnamespace = 'interlock'::regnamespace
union all
select 'grant', n.nspname, n.nspacl::text from pg_namespace as n where n.nspname = 'interlock'
order by 1, 2
"""
REVISIONS = [
    *("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0009", "0010", "0012", "0013"),
    *("0015", "0016", "0017"),
]


def catalog(session: psycopg.Connection) -> list[tuple[object, ...]]:
    return session.execute(CATALOG).fetchall()


@pytest.mark.parametrize("revision", REVISIONS)
def test_fresh_equals_upgraded(
    make_database: Callable[..., str], connect: Connect, revision: str
) -> None:
    fresh = connect(make_database("empty", lambda _: None), autocommit=True)
    upgraded = connect(make_database("empty", lambda _: None), autocommit=True)

    migrate.upgrade(fresh)
    with upgraded.transaction():
        database.run(upgraded, ownership.schema(None))
        database.run(upgraded, migrate.upgrade_sql(None, revision))
    migrate.upgrade(upgraded)

    assert catalog(upgraded) == catalog(fresh)
    assert fresh.execute("select version_num from interlock.schema_version").fetchone() == (
        migrate.head(),
    )


def test_the_last_revision_is_the_head() -> None:
    with assets.on_disk("migrations") as folder:
        found = ScriptDirectory(str(folder))

    assert migrate.head() == REVISIONS[-1] == found.get_current_head()
    assert migrate.revisions() == REVISIONS
    assert {it.revision for it in found.walk_revisions()} == set(REVISIONS)


def test_an_upgrade_of_what_is_current_changes_nothing(empty: str, connect: Connect) -> None:
    session = connect(empty, autocommit=True)
    migrate.upgrade(session)
    before = catalog(session)

    migrate.upgrade(session)

    assert catalog(session) == before


def test_the_way_back_leaves_no_table(empty: str, connect: Connect) -> None:
    session = connect(empty, autocommit=True)
    migrate.upgrade(session)

    with session.transaction():
        database.run(session, migrate.downgrade_sql(migrate.head()))

    left = session.execute(
        "select relname from pg_class where relnamespace = 'interlock'::regnamespace"
        " and relkind = 'r'"
    ).fetchall()
    assert left in ([], [("schema_version",)])
