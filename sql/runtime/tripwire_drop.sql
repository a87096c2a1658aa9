-- When things are dropped: is one of ours among them? Then judge what is left.
--
-- Fires    sql_drop, always
-- Raises   23514, detail code IL17
--
-- It runs as the owner, and lets pass what it must when schema interlock is broken, as
-- interlock.tripwire_end does.

create or replace function interlock.tripwire_drop()
    returns event_trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_touched  text[];
    v_machine  text;
begin
    begin
        v_touched := array(
            select distinct g.machine_name
            from pg_event_trigger_dropped_objects() as d
            join interlock.guarded as g
                on g.relation = d.objid and d.classid = 'pg_class'::regclass
                or g.name = d.address_names[cardinality(d.address_names)]
                and d.object_type in ('trigger', 'table constraint', 'index')
                or g.kind = 'function' and d.object_type = 'function'
                and g.name = array_to_string(d.address_names, '.')
            where not d.is_temporary
        );
    exception
        when syntax_error_or_access_rule_violation then
            if exists (
                select from pg_event_trigger_dropped_objects() as d
                where
                    d.object_type in ('trigger', 'table constraint', 'index', 'function')
                    and starts_with(
                        d.address_names[cardinality(d.address_names)], 'interlock_'
                    )
            ) then
                raise;
            end if;
            raise warning 'the tripwire of schema interlock is broken: %', sqlerrm
                using hint = 'interlock apply puts it right; interlock verify says what is wrong.';
    end;
    foreach v_machine in array coalesce(v_touched, '{}') loop
        perform interlock.trip(v_machine, tg_tag);
    end loop;
end;
$$;

comment on function interlock.tripwire_drop() is
'Event trigger function: judges what is left of the machines of which something was dropped.';

revoke execute on function interlock.tripwire_drop() from public;
