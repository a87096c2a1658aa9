-- Open a bypass: for a time, whoever logs in as a role may move rows against the rules of moves.
--
-- Returns  its number
-- Raises   22023 for what cannot be, 55000 where one is open already
--
-- For members of the owner of schema interlock, with their own rights. Without p_role it is for
-- whoever is logged in. More than a day is asked for on purpose (p_is_long), more than 31 never given.

create or replace function interlock.open_bypass(
    p_machine text,
    p_reason text,
    p_for interval,
    p_role text default null,
    p_kind text default 'moves',
    p_is_long boolean default false
)
    returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant text := coalesce(p_role, session_user);
    v_made interlock.bypass;
    v_open interlock.bypass;
begin
    if coalesce(p_reason, '') !~ '\S' then
        raise exception using errcode = 'invalid_parameter_value',
            message = 'a bypass needs a reason', hint = 'Say why the rules do not do this time.';
    elsif coalesce(p_kind, '') not in ('moves', 'import') then
        raise exception using errcode = 'invalid_parameter_value',
            message = format('%s is no kind of bypass', p_kind), hint = 'moves or import.';
    elsif (p_for > interval '0') is not true
        or p_for > (case when p_is_long then interval '31 days' else interval '24 hours' end)
    then
        raise exception using errcode = 'invalid_parameter_value',
            message = format('a bypass is not opened for %s', coalesce(p_for::text, 'null')),
            hint = 'For more than nothing and at most 24 hours; with --long at most 31 days.';
    elsif not exists (select from interlock.machine as m where m.machine_name = p_machine) then
        raise exception using errcode = 'invalid_parameter_value',
            message = format('no machine %s is installed here', p_machine),
            hint = 'interlock status lists those that are.';
    elsif to_regrole(quote_ident(v_role)) is null then
        raise exception using errcode = 'invalid_parameter_value',
            message = format('there is no role %s', v_role),
            hint = 'Name the role that logs in, or a group that it is a member of.';
    end if;
    lock table interlock.bypass in share row exclusive mode;
    select b.* into v_open from interlock.bypass as b
    where b.machine_name = p_machine and b.role_name = v_role
        and b.closed_at is null and b.until_at > clock_timestamp();
    if found then
        raise exception using errcode = 'object_not_in_prerequisite_state',
            message = format(
                'bypass %s of %s is open for %s until %s', v_open.bypass_id, p_machine, v_role,
                v_open.until_at
            ),
            hint = 'Close it first, or use it.';
    end if;
    insert into interlock.bypass (machine_name, role_name, is_group, kind, reason, until_at)
    select p_machine, v_role, not r.rolcanlogin, p_kind, p_reason, clock_timestamp() + p_for
    from pg_roles as r where r.rolname = v_role
    returning * into v_made;
    insert into interlock.journal (machine_name, event, detail)
    values (p_machine, 'bypass_open', to_jsonb(v_made) - 'closed_at' - 'closed_by');
    return v_made.bypass_id;
end;
$$;

comment on function interlock.open_bypass(text, text, interval, text, text, boolean) is
'Opens a bypass of a machine for a role and a time; for members of the owner.';

revoke execute on function interlock.open_bypass(text, text, interval, text, text, boolean)
from public;
