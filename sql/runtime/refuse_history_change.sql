-- Refuse every change of a history, whoever tries.
--
-- Fires    before update or delete (a row), before truncate (a statement) on an audit table
-- Raises   23514: the history is written once

create or replace function interlock.refuse_history_change()
    returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'check_violation',
        message = format('%s: the history is written once', tg_table_name),
        hint    = 'A correction is a new entry; past months go with the retention of the spec',
        schema  = tg_table_schema,
        table   = tg_table_name,
        constraint = 'interlock.history';
end;
$$;

comment on function interlock.refuse_history_change() is
'Trigger function: refuses update, delete and truncate of a history.';

revoke execute on function interlock.refuse_history_change() from public;
