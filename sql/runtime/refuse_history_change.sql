-- Refuse every change of a history, whoever tries, but for an erasure and a retention.
--
-- Fires    before update or delete (a row), before truncate (a statement) on a table of evidence
-- Reads    interlock.erasure, interlock.retained
-- Raises   23514: the history is written once
--
-- Who owns the tables may take the values that an erasure of this very transaction names, and
-- nothing else of that entry; and delete entries of a month whose retention it has recorded.

create or replace function interlock.refuse_history_change()
    returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_relation text;
    v_erased   jsonb;
begin
    if tg_level = 'ROW' and pg_has_role(current_user, (
        select c.relowner from pg_class as c where c.oid = to_regclass('interlock.erasure')
    ), 'usage') then
        select c.relname into v_relation from pg_class as c
        where c.oid = coalesce(pg_partition_root(tg_relid), tg_relid) and c.relname ~ '_audit$';
        if v_relation is not null and tg_op = 'UPDATE' then
            select jsonb_object_agg(
                k.name,
                case when k.name in ('statement', 'application_name') then '(erased)' end
            ) into v_erased
            from interlock.erasure as e
            cross join lateral unnest(e.erased) as k (name)
            where e.relation_name = v_relation
                and e.entry_id = (to_jsonb(old) ->> 'id')::bigint
                and e.transaction_id = pg_current_xact_id();
            if v_erased is not null and new *= jsonb_populate_record(old, v_erased) then
                return new;
            end if;
        elsif v_relation is not null then
            if exists (
                select from interlock.retained as r
                where r.relation_name = v_relation
                    and r.month = date_trunc('month', old.at at time zone 'UTC')::date
                    and r.transaction_id = pg_current_xact_id()
            ) then
                return old;
            end if;
        end if;
    end if;
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
