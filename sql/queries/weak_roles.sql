-- Roles and settings that reach past what this database grants.

select
    'replication-role' as code,
    coalesce(s.setrole::regrole::text, 'all roles') as subject,
    c.setting as detail
from pg_catalog.pg_db_role_setting as s
cross join lateral unnest(s.setconfig) as c (setting)
where
    starts_with(c.setting, 'session_replication_role=')
    and c.setting <> 'session_replication_role=origin'
    and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database as d where d.datname = current_database()))
union all
select
    'writes-all-data',
    m.rolname::text,
    'member of pg_write_all_data'
from pg_catalog.pg_roles as m
where
    not m.rolsuper
    and m.rolcanlogin
    and pg_catalog.pg_has_role(m.oid, 'pg_write_all_data', 'member')
union all
select
    'owner-member',
    m.rolname::text,
    'member of ' || o.rolname
from pg_catalog.pg_namespace as n
join pg_catalog.pg_roles as o on o.oid = n.nspowner
join pg_catalog.pg_roles as m on pg_catalog.pg_has_role(m.oid, o.oid, 'member')
where
    n.nspname = 'interlock'
    and not m.rolsuper
    and m.rolcanlogin
order by 1, 2;
