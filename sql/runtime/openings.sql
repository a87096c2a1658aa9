-- What about the tables of a machine lets rows past its triggers: nothing of that may come to be.
--
-- Returns  kind, the relation, and the name; and each partition as the kind partition

create or replace function interlock.openings(p_machine text)
    returns table (kind text, relation oid, name text)
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with places as (
        select g.relation::oid as oid, g.kind = 'table' as is_own
        from interlock.guarded as g
        where g.machine_name = p_machine and g.kind in ('table', 'other')
    )
    select 'rule', r.ev_class, r.rulename::text
    from places as p
    join pg_rewrite as r on r.ev_class = p.oid and r.rulename <> '_RETURN'
    union all
    select 'child', p.oid, i.inhrelid::regclass::text
    from places as p
    join pg_inherits as i on i.inhparent = p.oid
    join pg_class as c on c.oid = i.inhrelid and not c.relispartition
    union all
    select 'partition', t.relid::oid, t.relid::regclass::text
    from places as p
    cross join lateral pg_partition_tree(p.oid) as t
    where p.is_own and t.relid <> p.oid::regclass
    union all
    select 'constraint', p.oid, k.conname::text
    from places as p
    join pg_constraint as k on k.conrelid = p.oid and not starts_with(k.conname::text, 'interlock_')
    where
        p.is_own and (
            to_jsonb(k) ->> 'conenforced' = 'false'
            or exists (
                select from pg_trigger as t
                where t.tgconstraint = k.oid and t.tgisinternal and t.tgenabled = 'D'
            )
        )
    union all
    select distinct
        'grant', p.oid,
        lower(a.privilege_type) || ' to '
        || case a.grantee when 0 then 'public' else pg_get_userbyid(a.grantee)::text end
    from places as p
    join pg_class as c on c.oid = p.oid
    cross join lateral aclexplode(c.relacl) as a
    where
        p.is_own and a.grantee <> c.relowner and a.privilege_type in ('TRIGGER', 'TRUNCATE');
end;
$$;

comment on function interlock.openings(text) is
'What about the tables of a machine lets rows past its triggers, and its partitions.';

revoke execute on function interlock.openings(text) from public;
