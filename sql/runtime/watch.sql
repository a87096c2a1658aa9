-- Record what a machine is made of: from now on the tripwire holds the catalog against it.
--
-- p_asked is an array of {kind, schema, relation, name, followed}: what the compiler made, and what of
-- its name may change and is followed.
-- What is not there yet, such as an index that is still to be built, is left out. Called by apply, as
-- a member of the owner, who alone may write there.

create or replace function interlock.watch(p_machine text, p_asked jsonb)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    delete from interlock.guarded as g where g.machine_name = p_machine;
    insert into interlock.guarded (machine_name, kind, relation, name, facts, place, followed)
    select distinct
        p_machine, a.kind, c.oid, a.name, f.facts,
        case when a.kind = 'column' then (
            select concat_ws(' ', c.oid, 'interlock.guarded'::regclass::oid, t.attnum)
            from pg_attribute as t
            where t.attrelid = c.oid and t.attname = a.name
        ) end,
        a.followed
    from jsonb_to_recordset(p_asked) as a (
        kind text, schema text, relation text, name text, followed text
    )
    join pg_namespace as n on n.nspname = a.schema
    join pg_class as c on c.relnamespace = n.oid and c.relname = a.relation
    cross join lateral interlock.guarded_fact(a.kind, c.oid, a.name) as f (facts)
    where f.facts is not null;
    insert into interlock.guarded (machine_name, kind, relation, name, facts)
    select p_machine, o.kind, o.relation, o.name, ''
    from interlock.openings(p_machine) as o
    where o.kind <> 'partition';
    perform interlock.follow_partitions(p_machine, true);
    insert into interlock.guarded (machine_name, kind, relation, name, facts)
    select p_machine, 'label', g.relation, a.attname || ' ' || e.enumlabel, e.enumlabel
    from interlock.machine as m
    join interlock.guarded as g
        on g.machine_name = m.machine_name and g.kind = 'column' and g.name = m.state_column
    join pg_attribute as a on a.attrelid = g.relation and a.attname = g.name
    join pg_type as y on y.oid = a.atttypid
    join pg_enum as e on e.enumtypid in (y.oid, y.typbasetype)
    where m.machine_name = p_machine and g.relation = m.table_oid;
end;
$$;

comment on function interlock.watch(text, jsonb) is
'Records what a machine is made of, for the tripwire; for members of the owner.';

revoke execute on function interlock.watch(text, jsonb) from public;
