-- How the tables of schema interlock are kept: owner, persistence, triggers, who may write.

select
    c.relname::text as relation_name,
    c.relowner = n.nspowner as is_owned,
    c.relpersistence::text as persistence,
    array(
        select t.tgname::text
        from pg_catalog.pg_trigger as t
        where
            t.tgrelid = c.oid
            and starts_with(t.tgname::text, 'interlock_')
            and t.tgenabled <> 'A'
        order by t.tgname
    ) as weak_triggers,
    (
        select count(*)::integer from pg_catalog.pg_trigger as t
        where t.tgrelid = c.oid and starts_with(t.tgname::text, 'interlock_')
    ) as trigger_count,
    array(
        select concat('trigger ', t.tgname)
        from pg_catalog.pg_trigger as t
        join pg_catalog.pg_proc as f on f.oid = t.tgfoid
        where
            t.tgrelid = c.oid
            and not t.tgisinternal
            and not (
                starts_with(t.tgname::text, 'interlock_')
                and f.pronamespace = n.oid
                and f.proowner = n.nspowner
            )
        union all
        select concat('rule ', r.rulename)
        from pg_catalog.pg_rewrite as r
        where r.ev_class = c.oid
        order by 1
    ) as "foreign",
    c.relhastriggers as has_triggers,
    array(
        select distinct case when g.grantee = 0 then 'public' else g.grantee::regrole::text end
        from aclexplode(c.relacl) as g
        where
            g.grantee <> c.relowner
            and g.privilege_type <> 'SELECT'
            -- Consumers of the outbox keep their place there; a policy keeps them to their own.
            and not (
                c.relname = 'outbox_cursor'
                and c.relrowsecurity
                and g.grantee <> 0
                and g.privilege_type in ('INSERT', 'UPDATE', 'DELETE')
            )
    ) as writers
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where
    n.nspname = 'interlock'
    and c.relkind in ('r', 'p')
order by c.relname;
