-- Who may update one table, and what of it: all roles but its owner and ours.

select
    case when g.grantee = 0 then 'public' else r.rolname::text end as grantee,
    bool_or(g.column_name is null) as is_whole,
    bool_or(g.column_name is null and g.is_grantable) as is_grantable,
    coalesce(
        array_agg(g.column_name order by g.column_name) filter (where g.column_name is not null), '{}'
    ) as columns,
    pg_catalog.has_table_privilege(coalesce(r.rolname, 'public'), %(oid)s::oid, 'select') as is_reader
from (
    select e.grantee, e.is_grantable, null::text as column_name
    from pg_catalog.pg_class as c
    cross join lateral aclexplode(c.relacl) as e
    where c.oid = %(oid)s and e.privilege_type = 'UPDATE' and e.grantee <> c.relowner
    union all
    select e.grantee, e.is_grantable, a.attname::text
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_class as c on c.oid = a.attrelid
    cross join lateral aclexplode(a.attacl) as e
    where
        a.attrelid = %(oid)s
        and not a.attisdropped
        and e.privilege_type = 'UPDATE'
        and e.grantee <> c.relowner
) as g
left join pg_catalog.pg_roles as r on r.oid = g.grantee
where
    g.grantee not in (
        select n.nspowner from pg_catalog.pg_namespace as n where n.nspname = 'interlock'
    )
group by g.grantee, r.rolname
order by 1;
