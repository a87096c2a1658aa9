-- Code of others that a write to one table would run, where it would gain rights by running as us.
--
-- `reset role` takes back any role but the one that logged in; so we are all three. Code is trusted
-- when it belongs to who logged in or to a superuser, and ours where no body of it has changed.

with recursive schema_owner as (
    select n.nspowner as oid from pg_catalog.pg_namespace as n where n.nspname = 'interlock'
),

login as (
    select a.usesysid as oid
    from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a
),

power as (
    select
    from pg_catalog.pg_roles as us
    join pg_catalog.pg_roles as r on pg_catalog.pg_has_role(us.oid, r.oid, 'member')
    where
        (us.rolname in (current_user, session_user) or us.oid in (select l.oid from login as l))
        and (
            r.rolsuper
            or r.rolcreaterole
            or r.oid in (select o.oid from schema_owner as o)
            or r.rolname in (
                'pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files',
                'pg_write_all_data', 'pg_read_all_data'
            )
        )
),

trusted as (
    select r.oid
    from pg_catalog.pg_roles as r
    where
        r.rolsuper
        or r.oid in (select l.oid from login as l)
        or (%(is_ours_sound)s and r.oid in (select o.oid from schema_owner as o))
),

-- The table, its partitions and heirs, and the tables whose rows go or change with its own.
relation as (
    select %(oid)s::oid as oid
    union
    select near.oid
    from relation as r
    cross join lateral (
        select i.inhrelid from pg_catalog.pg_inherits as i where i.inhparent = r.oid
        union all
        select k.conrelid
        from pg_catalog.pg_constraint as k
        where k.contype = 'f' and k.confrelid = r.oid
    ) as near (oid)
),

kind as (
    select a.atttypid as oid
    from pg_catalog.pg_attribute as a
    where a.attrelid in (select r.oid from relation as r)
    union
    select t.typbasetype
    from kind as k
    join pg_catalog.pg_type as t on t.oid = k.oid
    where t.typbasetype <> 0
),

thing as (
    select 'pg_trigger'::regclass as catalog_oid, t.oid, 'trigger ' || t.tgname as thing_name
    from pg_catalog.pg_trigger as t
    where t.tgrelid in (select r.oid from relation as r)
    union all
    select 'pg_constraint'::regclass, k.oid, 'constraint ' || k.conname
    from pg_catalog.pg_constraint as k
    where
        k.conrelid in (select r.oid from relation as r)
        or k.contypid in (select t.oid from kind as t)
    union all
    select 'pg_class'::regclass, i.indexrelid, 'index ' || i.indexrelid::regclass::text
    from pg_catalog.pg_index as i
    where i.indrelid in (select r.oid from relation as r)
    union all
    select 'pg_attrdef'::regclass, d.oid, 'column ' || a.attname
    from pg_catalog.pg_attrdef as d
    join pg_catalog.pg_attribute as a on a.attrelid = d.adrelid and a.attnum = d.adnum
    where d.adrelid in (select r.oid from relation as r)
),

code as (
    select t.thing_name, p.proowner as owner_oid
    from thing as t
    join pg_catalog.pg_depend as d on d.classid = t.catalog_oid and d.objid = t.oid
    left join pg_catalog.pg_operator as o
        on d.refclassid = 'pg_operator'::regclass and o.oid = d.refobjid
    join pg_catalog.pg_proc as p
        on
            (d.refclassid = 'pg_proc'::regclass and p.oid = d.refobjid)
            or p.oid = o.oprcode
    union all
    select 'rule ' || w.rulename, c.relowner
    from pg_catalog.pg_rewrite as w
    join pg_catalog.pg_class as c on c.oid = w.ev_class
    where w.ev_class in (select r.oid from relation as r)
)

select distinct c.thing_name
from code as c
where
    c.owner_oid not in (select t.oid from trusted as t)
    and exists (select from power)
order by c.thing_name;
