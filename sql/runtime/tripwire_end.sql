-- After each DDL: is one of ours among what it touched? Then judge what it left.
--
-- Fires    ddl_command_end, always
-- Raises   23514, detail code IL17
--
-- One look at what the command touched; all else is for the machines that it concerns. It runs as the
-- owner, who alone may read what is guarded, whoever gives the command. A look that fails because
-- schema interlock itself is broken (class 42, which no application can bring about) stops nobody but
-- whoever changes a table with triggers of ours; any other error stops the command.

create or replace function interlock.tripwire_end()
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
        v_touched := interlock.touched(tg_tag);
    exception
        when syntax_error_or_access_rule_violation then
            if exists (
                select from pg_event_trigger_ddl_commands() as c
                join pg_trigger as t on t.tgrelid = c.objid
                where c.classid = 'pg_class'::regclass and starts_with(t.tgname::text, 'interlock_')
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

comment on function interlock.tripwire_end() is
'Event trigger function: judges what a DDL command has left of the machines that it touched.';

revoke execute on function interlock.tripwire_end() from public;
