"""A depot whose parcels move by the funnel alone, and that docks and gates follow: for scripts.

Roles belong to the whole server, so what uses this has a server of its own.
"""

from pathlib import Path
from typing import Any

import psycopg
from tests.integrations.alembic_depot import Depot

from pginterlock import embedded

SPEC = """\
interlock: 1
machines:
  parcel:
    table: depot.parcel
    state: status
    mode: enforce
    initial: [NEW]
    final: [SENT]
    transitions:
      pack: {from: NEW, to: PACKED, guard: {on: depot.dock, key: dock, check: not is_shut}}
      send: {from: PACKED, to: SENT, by: depot_lead}
    stamps: {packed_at: PACKED}
    claims:
      place: {resource: [place], in: [PACKED]}
    mirrors:
      full: {table: depot.dock, key: dock, column: is_full, in: [PACKED]}
      seen: {table: Other.Gate, key: Gate, column: Is Busy, in: [NEW]}
    modes: {mirror.seen: observe}
    funnel: true
"""
# Another version: of the funnel, of a mirror, of a guard; a mirror is kept that was looked at.
CHANGED = (
    ("final: [SENT]", "final: [SENT, LOST]"),
    ("PACKED, to: SENT,", "PACKED, to: HELD}\n      lose: {from: HELD, to: LOST,"),
    ("by: depot_lead}", "by: depot_lead}\n      go: {from: HELD, to: SENT}"),
    ("check: not is_shut", "check: not is_shut and id > 0"),
    ("{packed_at: PACKED}", "{packed_at: PACKED, sent_at: SENT}"),
    ("column: is_full, in: [PACKED]", "column: is_full, in: [PACKED, HELD]"),
    ("    modes: {mirror.seen: observe}\n", ""),
)
# And one with none of it.
BARE = (
    ("{on: depot.dock, key: dock, check: not is_shut and id > 0}", "id > 0"),
    ("    funnel: true\n", ""),
    ("      full: {table: depot.dock, key: dock, column: is_full, in: [PACKED, HELD]}\n", ""),
    ("      seen: {table: Other.Gate, key: Gate, column: Is Busy, in: [NEW]}\n", ""),
    ("    mirrors:\n", ""),
)
ROLES = """
create role depot_owner; create role dock_owner; create role gate_owner;
create role depot_app login; create role "Depot Clerk"; create role depot_lead;
create role depot_reader;
create role depot_migrator login in role depot_owner, dock_owner, gate_owner;
create role interlock_owner nologin;
grant interlock_owner to depot_migrator with admin option;
"""
TABLES = """
grant create on database {database} to depot_migrator;
create schema depot authorization depot_owner;
create schema "Other" authorization gate_owner;
grant usage, create on schema depot to dock_owner;
grant usage on schema depot to depot_app, "Depot Clerk", depot_lead, depot_reader;
grant usage, create on schema public to depot_migrator;
set role dock_owner;
create table depot.dock (
    id integer primary key, note text,
    is_full boolean not null default false, is_shut boolean not null default false
);
insert into depot.dock select generate_series(1, 5);
set role gate_owner;
create table "Other"."Gate" (
    "Nr" bigint unique not null, code text unique not null, "Is Busy" boolean not null default false
);
alter table "Other"."Gate" drop constraint "Gate_code_key";
insert into "Other"."Gate" select n, n from generate_series(1, 5) as n;
set role depot_owner;
create table depot.parcel (
    id bigint primary key, gone text, status text not null, weight integer, place text,
    dock integer, "Gate" bigint, packed_at timestamptz, sent_at timestamptz
);
alter table depot.parcel drop column gone;
grant select, insert on depot.parcel to public;
grant update on depot.parcel to depot_app with grant option;
grant update on depot.parcel to "Depot Clerk";
grant update (weight) on depot.parcel to "Depot Clerk";
grant update (weight) on depot.parcel to depot_reader;
set role depot_app;
grant update on depot.parcel to depot_lead;
reset role;
insert into depot.parcel (id, status, weight, dock, "Gate") values (1, 'NEW', 1, 1, 1);
update "Other"."Gate" set "Is Busy" = true where "Nr" = 1;
"""
NO_MODELS = "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"


def make(server: embedded.Server, name: str, login: str | None = None) -> str:
    """Make database *name*, with its tables, and return its libpq string, for *login*."""
    with psycopg.connect(server.dsn(), autocommit=True) as session:
        if not session.execute("select from pg_roles where rolname = 'depot_owner'").rowcount:
            session.execute(ROLES.encode())
        session.execute(f"create database {name}".encode())
    with psycopg.connect(server.dsn(name), autocommit=True) as session:
        session.execute(TABLES.format(database=name).encode())
    return server.dsn(name, user=login) if login else server.dsn(name)


def lay_out(folder: Path, dsn: str) -> Depot:
    """Return an environment whose tables no revision makes."""
    depot = Depot(folder, dsn).lay_out()
    depot.change("env.py", ('"include_schemas": True', '"include_schemas": False'))
    depot.write("models.py", NO_MODELS)
    depot.write("interlock.yaml", SPEC)
    return depot


def definitions(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that is installed in a database, as text: the same, where the same was done."""
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("set search_path = ''")
        found = {name: session.execute(it.encode()).fetchall() for name, it in _ASKED.items()}
        if session.execute("select to_regnamespace('interlock')").fetchone() != (None,):
            kept = {name: session.execute(it.encode()).fetchall() for name, it in _KEPT.items()}
            found |= kept
    return {name: sorted(rows, key=str) for name, rows in found.items()}


_OURS = "n.nspname in ('interlock', 'depot', 'Other')"
_RIGHTS = """
    array(
        select case e.grantee when 0 then 'public' else pg_get_userbyid(e.grantee)::text end
            || ' ' || e.privilege_type || ' ' || e.is_grantable
            || ' by ' || pg_get_userbyid(e.grantor)::text
        from aclexplode({acl}) as e order by 1
    )
"""
_ASKED = {
    "schemas": f"""
        select n.nspname, pg_get_userbyid(n.nspowner)::text, {_RIGHTS.format(acl="n.nspacl")}
        from pg_namespace as n where {_OURS}
    """,
    "functions": f"""
        select p.oid::regprocedure::text, pg_get_functiondef(p.oid),
            pg_get_userbyid(p.proowner)::text, obj_description(p.oid, 'pg_proc'),
            {_RIGHTS.format(acl="p.proacl")}
        from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace where {_OURS}
    """,
    "triggers": f"""
        select t.tgrelid::regclass::text, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text,
            obj_description(t.oid, 'pg_trigger')
        from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
        join pg_namespace as n on n.oid = c.relnamespace where {_OURS} and not t.tgisinternal
    """,
    "constraints": f"""
        select s.conrelid::regclass::text, s.conname, pg_get_constraintdef(s.oid), s.convalidated,
            obj_description(s.oid, 'pg_constraint')
        from pg_constraint as s join pg_namespace as n on n.oid = s.connamespace where {_OURS}
    """,
    "indexes": f"""
        select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisvalid,
            obj_description(i.indexrelid, 'pg_class')
        from pg_index as i join pg_class as c on c.oid = i.indrelid
        join pg_namespace as n on n.oid = c.relnamespace where {_OURS}
    """,
    "relations": f"""
        select c.oid::regclass::text, c.relkind::text, pg_get_userbyid(c.relowner)::text,
            obj_description(c.oid, 'pg_class'), {_RIGHTS.format(acl="c.relacl")}
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where {_OURS} and c.relkind not in ('i', 'I')
    """,
    "columns": f"""
        select c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            {_RIGHTS.format(acl="a.attacl")}
        from pg_attribute as a join pg_class as c on c.oid = a.attrelid
        join pg_namespace as n on n.oid = c.relnamespace
        where {_OURS} and a.attnum > 0 and not a.attisdropped and c.relkind not in ('i', 'I')
    """,
}
_KEPT = {
    "machines": """
        select to_jsonb(m) - array['table_oid', 'applied_at'] from interlock.machine as m
    """,
    "states": "select to_jsonb(s) from interlock.state as s",
    "moves": "select to_jsonb(t) from interlock.transition as t",
    "rules": "select to_jsonb(r) from interlock.rule as r",
    "funnels": "select to_jsonb(f) - 'taken_at' from interlock.funnel as f",
    "versions": """
        select v.machine_name, v.version, v.definition from interlock.machine_version as v
    """,
}
