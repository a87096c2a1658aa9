-- Guard the partitions that have come, and forget those that have gone, as long as they hold nothing.
--
-- p_any takes those with rows too: for apply, which has looked at them. A partition that is there has
-- the row triggers of its parent, cloned by the server.

create or replace function interlock.follow_partitions(p_machine text, p_any boolean default false)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    delete from interlock.guarded as g
    using pg_class as c, interlock.guarded as p
    where
        g.machine_name = p_machine and p.machine_name = p_machine and p.kind = 'partition'
        and g.relation = p.relation and c.oid = p.relation
        and (c.relkind <> 'r' or pg_relation_size(c.oid) = 0)
        and not exists (
            select from interlock.openings(p_machine) as o
            where o.kind = 'partition' and o.relation = p.relation
        );
    insert into interlock.guarded (machine_name, kind, relation, name, facts)
    select p_machine, w.kind, o.relation, w.name, w.facts
    from interlock.openings(p_machine) as o
    join pg_class as c on c.oid = o.relation
    cross join lateral (
        select 'partition' as kind, o.name, '' as facts
        union all
        select 'persistence', '', c.relpersistence::text
        union all
        select 'trigger', g.name, f.facts
        from interlock.guarded as g
        cross join lateral interlock.guarded_fact('trigger', o.relation, g.name) as f (facts)
        where
            g.machine_name = p_machine and g.kind = 'trigger' and f.facts is not null
            and g.relation = pg_partition_root(o.relation)
    ) as w
    where
        o.kind = 'partition'
        and (p_any or c.relkind <> 'r' or pg_relation_size(c.oid) = 0)
        and not exists (
            select from interlock.guarded as g
            where
                g.machine_name = p_machine and g.kind = 'partition' and g.relation = o.relation
        )
    on conflict do nothing;
end;
$$;

comment on function interlock.follow_partitions(text, boolean) is
'Guards the partitions that have come, and forgets those that have gone, while they are empty.';

revoke execute on function interlock.follow_partitions(text, boolean) from public;
