-- Privileges on one table that let others get round a machine or its history.

select
    case when g.grantee = 0 then 'public' else g.grantee::regrole::text end as grantee,
    array_agg(g.privilege_type order by g.privilege_type) as privileges,
    exists (
        select
        from pg_catalog.pg_attribute as a
        where
            a.attrelid = c.oid
            and a.attname = %(state)s
            and a.attacl is not null
            and not exists (
                select from aclexplode(a.attacl) as e
                where e.grantee = g.grantee and e.privilege_type = 'UPDATE'
            )
    ) as has_void_revoke
from pg_catalog.pg_class as c
cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as g
where
    c.oid = %(oid)s
    and g.grantee <> c.relowner
group by c.oid, g.grantee
order by 1;
