-- What a funnel took from whom, and may give back; roles that are gone are left out where asked.

select
    f.grantee,
    f.is_grantable,
    f.columns,
    f.grantee = 'public' or r.oid is not null as is_there,
    coalesce((
        select bool_or(e.grantee = coalesce(r.oid, 0))
        from pg_catalog.pg_proc as p
        join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
        cross join lateral aclexplode(p.proacl) as e
        where n.nspname = %(schema)s and p.proname = %(function)s
    ), false) as may_fire
from interlock.funnel as f
left join pg_catalog.pg_roles as r on r.rolname = f.grantee
where f.machine_name = %(machine)s
order by f.grantee;
