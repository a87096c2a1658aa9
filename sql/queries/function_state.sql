-- Functions of ours that belong to somebody else, or that others may call.

select
    p.oid::regprocedure::text as signature,
    p.proowner = n.nspowner as is_owned,
    p.prosecdef as is_definer,
    array(
        select distinct case when g.grantee = 0 then 'public' else g.grantee::regrole::text end
        from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as g
        where g.grantee <> p.proowner
    ) as callers
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname = 'interlock'
order by 1;
