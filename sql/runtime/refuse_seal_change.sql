-- Refuse every change of the leaves of a seal, but for what erasure and retention take.
--
-- Fires    before update or delete (a row) on interlock.seal_chunk
-- Reads    interlock.erasure, interlock.retained
-- Raises   23514: a seal is written once
--
-- Who owns the tables may take the salts of entries that are erased in this very transaction, and
-- delete the leaves of a month whose retention it has recorded.

create or replace function interlock.refuse_seal_change()
    returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_has_role(current_user, (
        select c.relowner from pg_class as c where c.oid = to_regclass('interlock.erasure')
    ), 'usage') then
        if tg_op = 'DELETE' and exists (
            select from interlock.retained as r
            where r.relation_name = old.relation_name
                and r.month = old.month
                and r.transaction_id = pg_current_xact_id()
        ) then
            return old;
        elsif tg_op = 'UPDATE'
            and new *= jsonb_populate_record(old, jsonb_build_object('salts', new.salts))
            and not exists (
                select
                from unnest(old.entry_ids, old.salts, new.salts) as s (id, salt, salt_left)
                where s.salt is distinct from s.salt_left and (
                    s.salt_left is not null
                    or not exists (
                        select from interlock.erasure as e
                        where e.relation_name = old.relation_name
                            and e.entry_id = s.id
                            and e.transaction_id = pg_current_xact_id()
                    )
                )
            )
        then
            return new;
        end if;
    end if;
    raise exception using
        errcode = 'check_violation',
        message = format('%s: a seal is written once', tg_table_name),
        hint    = 'interlock erase takes salts, interlock retain takes whole months',
        schema  = tg_table_schema,
        table   = tg_table_name,
        constraint = 'interlock.history';
end;
$$;

comment on function interlock.refuse_seal_change() is
'Trigger function: refuses changes of the leaves of a seal.';

revoke execute on function interlock.refuse_seal_change() from public;
