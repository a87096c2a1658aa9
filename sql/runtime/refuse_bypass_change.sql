-- Keep the table of bypasses to its owner, and what stands in it as it was opened.
--
-- Fires    before insert, update or delete (a row), before truncate (a statement) on interlock.bypass
-- Raises   42501 for others than members of the owner; 23514 for a change that is no closing
--
-- A role with pg_write_all_data may write to every table, so the grants alone are not enough. When a
-- bypass was opened or closed, and by whom, is not for the writer to say.

create or replace function interlock.refuse_bypass_change()
    returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not pg_has_role(current_user, (
        select c.relowner from pg_class as c where c.oid = tg_relid
    ), 'usage') then
        raise exception using
            errcode = 'insufficient_privilege',
            message = 'a bypass is opened and closed by members of the owner of schema interlock',
            hint    = 'interlock bypass open MACHINE --reason TEXT --for 30m';
    end if;
    if tg_op = 'INSERT' then
        new.opened_at := clock_timestamp();
        new.opened_by := session_user;
        new.closed_at := null;
        new.closed_by := null;
        return new;
    elsif tg_op = 'UPDATE' then
        if old.closed_at is null and new.closed_at is not null then
            new.closed_at := clock_timestamp();
            new.closed_by := session_user;
            if new *= jsonb_populate_record(
                old, jsonb_build_object('closed_at', new.closed_at, 'closed_by', new.closed_by)
            ) then
                return new;
            end if;
        end if;
    end if;
    raise exception using
        errcode = 'check_violation',
        message = 'a bypass is written once; it can only be closed',
        hint    = 'interlock bypass close MACHINE, then open another',
        schema  = tg_table_schema,
        table   = tg_table_name,
        constraint = 'interlock.bypass';
end;
$$;

comment on function interlock.refuse_bypass_change() is
'Trigger function: refuses changes of bypasses but for their closing.';

revoke execute on function interlock.refuse_bypass_change() from public;
