-- Keep the table of approvals to its owner's functions, and what stands in it as it was given.
--
-- Fires    before insert, update or delete (a row), before truncate (a statement) on
--          interlock.approval
-- Raises   42501 for others than members of the owner; 23514 for a change that ends no approval
--
-- A role with pg_write_all_data may write to every table, so the grants alone are not enough. Who
-- approves, from where and when is not for the writer to say, nor is an actor who is not proved.

create or replace function interlock.refuse_approval_change()
    returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_signed text[];
begin
    if not pg_has_role(current_user, (
        select c.relowner from pg_class as c where c.oid = tg_relid
    ), 'usage') then
        raise exception using
            errcode = 'insufficient_privilege',
            message = 'an approval is given and withdrawn by functions of schema interlock',
            hint    = 'select interlock.approve(MACHINE, KEY, EVENT, reason => WHY)';
    end if;
    if tg_op = 'INSERT' then
        if new.signed_by is not null then
            v_signed := interlock.read_token(current_setting('interlock.token', true));
            if v_signed[3] is not null
                or (new.actor, new.signed_by) is distinct from (v_signed[1], v_signed[2])
            then
                raise exception using
                    errcode = 'insufficient_privilege',
                    message = 'the approval names an actor whom no token of this session proves',
                    hint    = 'select interlock.act_as_signed(TOKEN), in the same transaction';
            end if;
        end if;
        new.at := clock_timestamp();
        new.session_role := session_user;
        new.set_role := nullif(current_setting('role'), 'none');
        new.application_name := current_setting('application_name');
        new.client_address := inet_client_addr();
        new.backend_pid := pg_backend_pid();
        new.transaction_id := pg_current_xact_id();
        new.withdrawn_at := null;
        new.withdrawn_by := null;
        new.consumed_at := null;
        new.consumed_transaction := null;
        return new;
    elsif tg_op = 'UPDATE' then
        if old.withdrawn_at is null and old.consumed_at is null then
            if new.withdrawn_at is not null then
                new.withdrawn_at := clock_timestamp();
                new.withdrawn_by := session_user;
            elsif new.consumed_at is not null then
                new.consumed_at := clock_timestamp();
                new.consumed_transaction := pg_current_xact_id();
            end if;
            if (new.withdrawn_at is not null or new.consumed_at is not null)
                and new *= jsonb_populate_record(old, jsonb_build_object(
                    'withdrawn_at', new.withdrawn_at, 'withdrawn_by', new.withdrawn_by,
                    'consumed_at', new.consumed_at, 'consumed_transaction', new.consumed_transaction
                ))
            then
                return new;
            end if;
        end if;
    end if;
    raise exception using
        errcode = 'check_violation',
        message = 'an approval is written once; it can only be withdrawn, or consumed by its move',
        hint    = 'select interlock.withdraw(MACHINE, KEY, EVENT), then approve anew',
        schema  = tg_table_schema,
        table   = tg_table_name,
        constraint = 'interlock.approval';
end;
$$;

comment on function interlock.refuse_approval_change() is
'Trigger function: refuses changes of approvals but for their end.';

revoke execute on function interlock.refuse_approval_change() from public;
