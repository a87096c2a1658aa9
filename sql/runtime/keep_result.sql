-- Keep the result of a call of interlock.fire, for its repetitions.
--
-- It runs as the owner of schema interlock, and writes only what this transaction has claimed, once.

create or replace function interlock.keep_result(
    p_machine text, p_idempotency_key text, p_result jsonb
)
    returns void
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    update interlock.fired as f
    set result = p_result
    where
        f.machine_name = p_machine
        and f.caller_role = coalesce(nullif(current_setting('role'), 'none'), session_user)
        and f.idempotency_key = p_idempotency_key
        and f.transaction_id = pg_current_xact_id()
        and f.result is null;
end;
$$;

comment on function interlock.keep_result(text, text, jsonb) is
'Keeps the result of a call that has an idempotency key.';

grant execute on function interlock.keep_result(text, text, jsonb) to public;
