-- What of one table decides whether a funnel can stand on it, or a mirror.

select
    c.relrowsecurity as has_row_security,
    o.rolsuper or exists (
        select
        from pg_catalog.pg_namespace as n
        where n.nspname = 'interlock' and pg_catalog.pg_has_role(c.relowner, n.nspowner, 'member')
    ) as is_owner_powerful,
    array(
        select k.relid::regclass::text
        from pg_catalog.pg_partition_tree(c.oid) as k
        join pg_catalog.pg_class as p on p.oid = k.relid
        where
            p.oid <> c.oid
            and exists (
                select from aclexplode(p.relacl) as e
                where e.privilege_type = 'UPDATE' and e.grantee <> p.relowner
            )
    ) as open_partitions,
    array(
        select distinct case e.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(e.grantee) end
        from aclexplode(c.relacl) as e
        where e.privilege_type = 'TRIGGER' and e.grantee <> c.relowner
        order by 1
    )::text [] as trigger_makers
from pg_catalog.pg_class as c
join pg_catalog.pg_roles as o on o.oid = c.relowner
where c.oid = %(oid)s;
