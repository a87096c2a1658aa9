-- The bypass that is open now for whoever is logged in, on one machine; null where there is none.
--
-- Who is logged in (session_user) counts, for that cannot be changed without superuser rights: not a
-- role that was set, nor the owner of a function that writes. A bypass for a role that can log in is
-- for that login alone; one for a group is for its members that inherit from it. A superuser is a
-- member of everything, so only a bypass of his own name is for him.

create or replace function interlock.session_bypass(p_machine text)
    returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_id bigint;
begin
    select b.bypass_id into v_id
    from interlock.bypass as b
    where b.machine_name = p_machine
        and b.role_name = session_user
        and b.until_at > clock_timestamp()
        and b.closed_at is null;
    if v_id is null then
        select b.bypass_id into v_id
        from interlock.bypass as b
        join pg_roles as r on r.rolname = b.role_name
        join pg_roles as who on who.rolname = session_user
        where b.machine_name = p_machine
            and b.is_group
            and b.until_at > clock_timestamp()
            and b.closed_at is null
            and not who.rolsuper
            and pg_has_role(who.oid, r.oid, 'usage')
        order by b.bypass_id
        limit 1;
    end if;
    if v_id is not null
        and current_setting('transaction_isolation') in ('repeatable read', 'serializable')
    then
        -- An old snapshot does not see that it was closed; the lock does, and raises 40001.
        perform from interlock.bypass as b where b.bypass_id = v_id for share;
    end if;
    return v_id;
end;
$$;

comment on function interlock.session_bypass(text) is
'The bypass that is open now for whoever is logged in, on one machine.';

revoke execute on function interlock.session_bypass(text) from public;
