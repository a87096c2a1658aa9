-- Keep the tables of the tripwire to their owner.
--
-- Fires    before insert, update or delete (a row), before truncate (a statement)
-- Raises   42501 for others than members of the owner
--
-- A role with pg_write_all_data may write to every table, so the grants alone are not enough. A pass
-- is for the transaction that writes it, whatever that says.

create or replace function interlock.refuse_tripwire_change()
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
            message = 'the tripwire is changed by members of the owner of schema interlock',
            hint    = 'interlock bypass open MACHINE --reason TEXT --for 30m';
    end if;
    if tg_op = 'INSERT' and tg_table_name = 'ddl_pass' then
        new.transaction_id := pg_current_xact_id();
        new.backend_pid := pg_backend_pid();
    end if;
    return case tg_op when 'DELETE' then old else new end;
end;
$$;

comment on function interlock.refuse_tripwire_change() is
'Trigger function: keeps the tables of the tripwire to members of the owner.';

revoke execute on function interlock.refuse_tripwire_change() from public;
