-- Put the truncate trigger of a machine on partitions that have come: the server does not clone it.
--
-- Fires    ddl_command_end of create table and alter table, always; before interlock.tripwire_end
--
-- It runs as whoever gives the command, who owns the partition: so it reads the catalog alone. The
-- trigger of the topmost table is what it copies, and only one that refuses; that which records a
-- truncate is for apply to put there.

create or replace function interlock.tripwire_partition()
    returns event_trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_it record;
begin
    for v_it in
        select distinct p.relid::text as place, t.tgname, r.oid::regclass::text as root, p.depth,
            convert_from(rtrim(t.tgargs, '\x00'::bytea), 'UTF8') as machine
        from pg_event_trigger_ddl_commands() as c
        join pg_class as k on k.oid = c.objid and (k.relispartition or k.relkind = 'p')
        join pg_class as r on r.oid = pg_partition_root(c.objid)
        join pg_trigger as t on t.tgrelid = r.oid and t.tgtype = 34 and t.tgenabled = 'A'
        cross join lateral (
            select m.relid, m.level as depth from pg_partition_tree(r.oid) as m where m.level > 0
        ) as p
        where
            c.classid = 'pg_class'::regclass
            and starts_with(t.tgname::text, 'interlock_90_')
            and t.tgfoid = to_regprocedure('interlock.refuse_truncate()')
            and not exists (
                select from pg_trigger as o where o.tgrelid = p.relid and o.tgname = t.tgname
            )
    loop
        execute format(
            'create trigger %I before truncate on %s for each statement execute function'
            ' interlock.refuse_truncate(%L); alter table %s enable always trigger %I;'
            ' comment on trigger %I on %s is %L',
            v_it.tgname, v_it.place, v_it.machine, v_it.place, v_it.tgname, v_it.tgname,
            v_it.place, format('Machine %s: truncate.', v_it.machine)
        );
    end loop;
end;
$$;

comment on function interlock.tripwire_partition() is
'Event trigger function: puts the truncate trigger of a machine on partitions that have come.';

revoke execute on function interlock.tripwire_partition() from public;
