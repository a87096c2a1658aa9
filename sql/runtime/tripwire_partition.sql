-- Put the truncate trigger of a machine on partitions that have come: the server does not clone it.
--
-- Fires    ddl_command_end of create table and alter table, always; before interlock.tripwire_end
--
-- It runs as whoever gives the command, who owns the partition, and whom the server lets have it only
-- where he may execute the functions of the row triggers: so may he that of this one. It reads the
-- catalog alone, and copies the trigger of the topmost table.

create or replace function interlock.tripwire_partition()
    returns event_trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_it record;
begin
    for v_it in
        select distinct p.relid::text as place, t.tgname,
            convert_from(rtrim(t.tgargs, '\x00'::bytea), 'UTF8') as machine, f.proname as called
        from pg_event_trigger_ddl_commands() as c
        join pg_class as k on k.oid = c.objid and (k.relispartition or k.relkind = 'p')
        join pg_class as r on r.oid = pg_partition_root(c.objid)
        join pg_trigger as t on t.tgrelid = r.oid and t.tgtype = 34 and t.tgenabled = 'A'
        join pg_proc as f on f.oid = t.tgfoid
        join pg_namespace as n on n.oid = f.pronamespace
        cross join lateral (
            select m.relid from pg_partition_tree(r.oid) as m where m.level > 0
        ) as p
        where
            c.classid = 'pg_class'::regclass
            and starts_with(t.tgname::text, 'interlock_90_')
            and n.nspname = 'interlock'
            and not exists (
                select from pg_trigger as o where o.tgrelid = p.relid and o.tgname = t.tgname
            )
    loop
        execute format(
            'create trigger %I before truncate on %s for each statement execute function'
            ' interlock.%I(%L); alter table %s enable always trigger %I;'
            ' comment on trigger %I on %s is %L',
            v_it.tgname, v_it.place, v_it.called, v_it.machine, v_it.place, v_it.tgname, v_it.tgname,
            v_it.place, format('Machine %s: truncate.', v_it.machine)
        );
    end loop;
end;
$$;

comment on function interlock.tripwire_partition() is
'Event trigger function: puts the truncate trigger of a machine on partitions that have come.';

revoke execute on function interlock.tripwire_partition() from public;
