-- Claim an idempotency key for a call of interlock.fire; return the result of the first such call.
--
-- It runs as the owner of schema interlock, for the table of calls is his. A key belongs to the role
-- that the session acts as: no role can read, or take, another's. Who comes second waits for the
-- first to commit. The digest, and not what is set: that may be personal.
--
-- Raises   22023 for a key of another call, 40001 where the first call is not in the snapshot

create or replace function interlock.claim_call(
    p_machine text, p_key jsonb, p_event text, p_idempotency_key text, p_request jsonb
)
    returns jsonb
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_role   constant text := coalesce(nullif(current_setting('role'), 'none'), session_user);
    v_key    constant text := p_key #>> '{}';
    v_digest constant bytea := sha256(convert_to(p_request::text, 'UTF8'));
    v_first  interlock.fired%rowtype;
begin
    insert into interlock.fired as f (
        machine_name, caller_role, idempotency_key, key, event, request_digest
    )
    values (p_machine, v_role, p_idempotency_key, v_key, p_event, v_digest)
    on conflict do nothing;
    if found then
        return null;
    end if;
    select f.* into v_first
    from interlock.fired as f
    where
        f.machine_name = p_machine
        and f.caller_role = v_role
        and f.idempotency_key = p_idempotency_key;
    if (v_first.key, v_first.event, v_first.request_digest) is distinct from (v_key, p_event, v_digest)
        or v_first.result is null
    then
        raise exception using
            errcode = 'invalid_parameter_value',
            message = format(
                'idempotency key %L was used for another call: %s of %s',
                p_idempotency_key, v_first.event, v_first.key
            ),
            hint    = 'A key is for one call and its repetitions: take a new one for each';
    end if;
    return v_first.result;
end;
$$;

comment on function interlock.claim_call(text, jsonb, text, text, jsonb) is
'Claims an idempotency key, or returns the result of the first call that had it.';

grant execute on function interlock.claim_call(text, jsonb, text, text, jsonb) to public;
