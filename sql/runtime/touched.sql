-- The machines that the DDL command which just ended may have touched; null where there are none.
--
-- Only for event triggers. What tells no object (a grant), or may have changed the name of one, touches
-- all; so does what takes the name that a guarded table had. The server fires none for reassign owned: interlock verify finds what that has changed.

create or replace function interlock.touched(p_tag text)
    returns text[]
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if p_tag in ('COMMENT', 'SECURITY LABEL', 'ANALYZE') then
        return null;
    elsif p_tag in (
        'ALTER DOMAIN', 'ALTER FUNCTION', 'ALTER ROUTINE', 'ALTER SCHEMA', 'ALTER TYPE', 'DROP OWNED'
    )
        or p_tag = 'GRANT' and exists (
            select from pg_event_trigger_ddl_commands() as c where upper(c.object_type) = 'TABLE'
        )
    then
        return (select array_agg(m.machine_name) from interlock.machine as m);
    end if;
    return (
        select array_agg(distinct g.machine_name)
        from pg_event_trigger_ddl_commands() as c
        cross join lateral (
            select c.objid where c.classid = 'pg_class'::regclass
            union all
            select i.indrelid from pg_index as i
            where c.classid = 'pg_class'::regclass and i.indexrelid = c.objid
            union all
            select i.inhparent from pg_inherits as i
            where c.classid = 'pg_class'::regclass and i.inhrelid = c.objid
            union all
            select t.tgrelid from pg_trigger as t
            where c.classid = 'pg_trigger'::regclass and t.oid = c.objid
            union all
            select k.conrelid from pg_constraint as k
            where c.classid = 'pg_constraint'::regclass and k.oid = c.objid
            union all
            select r.ev_class from pg_rewrite as r
            where c.classid = 'pg_rewrite'::regclass and r.oid = c.objid
        ) as o (oid)
        join interlock.guarded as g on g.relation = o.oid
    ) || (
        select array_agg(distinct g.machine_name)
        from pg_event_trigger_ddl_commands() as c
        join pg_proc as p on p.oid = c.objid
        join pg_namespace as n on n.oid = p.pronamespace
        join interlock.guarded as g
            on g.kind = 'function' and g.name = n.nspname || '.' || p.proname
        where c.classid = 'pg_proc'::regclass
    ) || (
        select array_agg(distinct g.machine_name)
        from pg_event_trigger_ddl_commands() as c
        join interlock.guarded as g
            on g.kind = 'was' and g.facts = 'table' and g.name = c.object_identity
        where c.classid = 'pg_class'::regclass
    );
end;
$$;

comment on function interlock.touched(text) is
'The machines that the DDL command which just ended may have touched.';

revoke execute on function interlock.touched(text) from public;
