-- Keys, constraints, indexes and triggers of tables, as DDL for a copy; each may be left out when
-- the copy cannot take it. The functions of triggers of others stand there as empty ones.

select
    p.place,
    p.schema_name,
    p.what,
    p.ddl
from (
    select
        case k.contype when 'f' then 2 else 1 end as place,
        n.nspname::text as schema_name,
        format('constraint %%s', k.conname) as what,
        format(
            'alter table %%s add constraint %%I %%s', k.conrelid::regclass, k.conname,
            pg_get_constraintdef(k.oid)
        )
        || coalesce(
            format(
                '; comment on constraint %%I on %%s is %%L', k.conname, k.conrelid::regclass,
                obj_description(k.oid, 'pg_constraint')
            ), ''
        ) as ddl
    from pg_constraint as k
    join pg_namespace as n on n.oid = k.connamespace
    where
        k.conrelid = any(%(oids)s::oid [])
        and k.contype in ('p', 'u', 'x', 'c', 'f')
        and k.conparentid = 0
        and k.conislocal
    union all
    select
        1,
        n.nspname::text,
        format('index %%s', c.relname),
        pg_get_indexdef(x.indexrelid)
    from pg_index as x
    join pg_class as c on c.oid = x.indexrelid
    join pg_namespace as n on n.oid = c.relnamespace
    where
        x.indrelid = any(%(oids)s::oid [])
        and not c.relispartition
        and not exists (select from pg_constraint as k where k.conindid = x.indexrelid)
    union all
    select distinct
        0,
        n.nspname::text,
        format('function %%s', f.proname),
        format(
            'create or replace function %%I.%%I() returns trigger language plpgsql as %%L',
            n.nspname, f.proname, 'begin return null; end'
        )
    from pg_trigger as t
    join pg_proc as f on f.oid = t.tgfoid
    join pg_namespace as n on n.oid = f.pronamespace
    where
        t.tgrelid = any(%(oids)s::oid [])
        and not t.tgisinternal
        and n.nspname not in ('pg_catalog', 'interlock')
    union all
    select
        3,
        n.nspname::text,
        format('trigger %%s', t.tgname),
        pg_get_triggerdef(t.oid)
    from pg_trigger as t
    join pg_class as c on c.oid = t.tgrelid
    join pg_namespace as n on n.oid = c.relnamespace
    where t.tgrelid = any(%(oids)s::oid []) and not t.tgisinternal and t.tgparentid = 0
    union all
    select
        0,
        n.nspname::text,
        format('function %%s', f.proname),
        pg_get_functiondef(f.oid)
    from pg_proc as f
    join pg_namespace as n on n.oid = f.pronamespace
    where
        f.prokind = 'f'
        and (
            n.nspname = 'interlock'
            or (starts_with(f.proname, 'interlock_') and n.nspname = any(%(schemas)s))
        )
) as p
order by p.place, p.schema_name, p.what;
