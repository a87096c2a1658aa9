-- Say what the tripwire does: refuse, record, or nothing (off); for members of the owner.
--
-- Its event triggers are made and dropped beside this, by a superuser: interlock tripwire.

create or replace function interlock.set_tripwire(p_mode text)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_before constant text := (select t.mode from interlock.tripwire as t);
begin
    if coalesce(p_mode, '') not in ('refuse', 'record', 'off') then
        raise exception using errcode = 'invalid_parameter_value',
            message = format('%s is no mode of the tripwire', coalesce(p_mode, 'null')),
            hint = 'refuse, record or off.';
    elsif v_before is not distinct from p_mode then
        return;
    end if;
    insert into interlock.tripwire as t (mode) values (p_mode)
    on conflict on constraint tripwire_pk do update set
        mode = excluded.mode, set_at = now(), set_by = session_user;
    insert into interlock.journal (machine_name, event, detail)
    select m.machine_name, 'tripwire', jsonb_build_object('mode', p_mode, 'mode_before', v_before)
    from interlock.machine as m;
end;
$$;

comment on function interlock.set_tripwire(text) is
'Says what the tripwire does: refuse, record, or nothing; for members of the owner.';

revoke execute on function interlock.set_tripwire(text) from public;
