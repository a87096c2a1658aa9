-- Who else may set session_replication_role (PostgreSQL 15 and later).

select case when g.grantee = 0 then 'public' else g.grantee::regrole::text end as grantee
from pg_catalog.pg_parameter_acl as p
cross join lateral aclexplode(p.paracl) as g
where
    p.parname = 'session_replication_role'
    and g.privilege_type = 'SET'
    and g.grantee <> 10;
