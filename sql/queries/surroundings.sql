-- What about one table could disarm a machine, whatever its triggers look like.

select
    c.relpersistence::text as persistence,
    c.relhastriggers as has_triggers,
    c.relchecks::integer as check_count,
    (
        select count(*)::integer
        from pg_catalog.pg_constraint as k
        where k.conrelid = c.oid and k.contype = 'c'
    ) as stored_checks,
    c.relowner::regrole::text as owner_name,
    (select o.rolcanlogin and not o.rolsuper from pg_catalog.pg_roles as o where o.oid = c.relowner)
        as owner_can_login,
    array(
        select r.rulename::text
        from pg_catalog.pg_rewrite as r
        where r.ev_class = c.oid and r.rulename <> '_RETURN'
        order by r.rulename
    ) as rewrite_rules,
    array(
        select k.conname::text
        from pg_catalog.pg_constraint as k
        where
            k.conrelid = c.oid
            and not starts_with(k.conname::text, 'interlock_')
            and (
                to_jsonb(k) ->> 'conenforced' = 'false'
                or exists (
                    select from pg_catalog.pg_trigger as t
                    where t.tgconstraint = k.oid and t.tgisinternal and t.tgenabled = 'D'
                )
            )
        order by k.conname
    ) as idle_constraints,
    array(
        select i.inhrelid::regclass::text
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as k on k.oid = i.inhrelid
        where i.inhparent = c.oid and not k.relispartition
        order by 1
    ) as inheritance_children,
    array(
        select t.tgname::text
        from pg_catalog.pg_trigger as t
        where
            t.tgrelid = c.oid
            and not t.tgisinternal
            and t.tgtype & 3 = 3
            and t.tgtype & 20 <> 0
            and t.tgenabled <> 'D'
            and not starts_with(t.tgname::text, 'interlock_')
            and t.tgname::text collate "C" > %(fill_trigger)s::text
        order by t.tgname
    ) as later_before_triggers,
    array(
        select k.relid::regclass::text || ' ' || t.tgname
        from pg_catalog.pg_partition_tree(c.oid) as k
        join pg_catalog.pg_trigger as p
            on p.tgrelid = c.oid and starts_with(p.tgname::text, 'interlock_')
        left join pg_catalog.pg_trigger as t
            on t.tgrelid = k.relid and t.tgname = p.tgname
        where
            k.relid <> c.oid::regclass
            and p.tgtype & 1 = 1
            and (t.oid is null or t.tgenabled <> 'A')
    ) as unguarded_partitions
from pg_catalog.pg_class as c
where c.oid = %(oid)s;
