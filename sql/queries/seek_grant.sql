-- The columns of one table that the owner of schema interlock may read one by one, and who that is.

select
    o.rolname::text as owner_name,
    array_agg(a.attname::text order by a.attname::text collate "C") as columns
from pg_catalog.pg_namespace as n
join pg_catalog.pg_roles as o on o.oid = n.nspowner
join pg_catalog.pg_attribute as a on a.attrelid = %(oid)s and not a.attisdropped
where
    n.nspname = 'interlock'
    and exists (
        select
        from aclexplode(a.attacl) as e
        where e.grantee = n.nspowner and e.privilege_type = 'SELECT'
    )
group by o.rolname;
