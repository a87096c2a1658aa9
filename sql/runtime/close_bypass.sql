-- Close a bypass before its time.
--
-- Returns  whether it was open
--
-- For members of the owner of schema interlock, whoever opened it: closing takes nothing away that a
-- rule would not. It counts from the commit on.

create or replace function interlock.close_bypass(p_bypass_id bigint)
    returns boolean
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_closed interlock.bypass;
begin
    update interlock.bypass as b set closed_at = clock_timestamp(), closed_by = session_user
    where b.bypass_id = p_bypass_id and b.closed_at is null and b.until_at > clock_timestamp()
    returning b.* into v_closed;
    if not found then
        return false;
    end if;
    insert into interlock.journal (machine_name, event, detail)
    values (
        v_closed.machine_name, 'bypass_close',
        jsonb_build_object('bypass_id', v_closed.bypass_id, 'closed_at', v_closed.closed_at)
    );
    return true;
end;
$$;

comment on function interlock.close_bypass(bigint) is
'Closes a bypass before its time; for members of the owner.';

revoke execute on function interlock.close_bypass(bigint) from public;
