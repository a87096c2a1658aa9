-- Move one row by an event: who acts, a call that was made before, a trial; the move is the machine's.
--
-- With the rights of the caller, and his search path. A refusal is an error, but in a dry run, where
-- it is the result; a mistake in the call is an error always.

create or replace function interlock.fire_by_key(
    p_machine text, p_key jsonb, p_event text, p_set jsonb, p_expect text, p_reason text,
    p_actor text, p_idempotency_key text, p_dry_run boolean
)
    returns jsonb
    language plpgsql
as $$
declare
    v_function constant pg_catalog.text := interlock.callable(p_machine, 'fire');
    v_actor    constant pg_catalog.text := pg_catalog.current_setting('interlock.actor', true);
    v_reason   constant pg_catalog.text := pg_catalog.current_setting('interlock.reason', true);
    v_result   pg_catalog.jsonb;
    v_detail   pg_catalog.text;
    v_hint     pg_catalog.text;
begin
    if p_dry_run then
        begin
            v_result := interlock.fire_by_key(
                p_machine, p_key, p_event, p_set, p_expect, p_reason, p_actor, p_idempotency_key, false
            );
            set constraints all immediate;
            raise exception using errcode := 'ILDRY';
        exception
            when sqlstate 'ILDRY' then
                return pg_catalog.jsonb_set(v_result, '{dry_run}', 'true');
            when integrity_constraint_violation or insufficient_privilege then
                get stacked diagnostics v_detail := pg_exception_detail, v_hint := pg_exception_hint;
                return interlock.refused_result(
                    p_machine, p_key, p_event, sqlstate, sqlerrm, v_detail, v_hint
                );
        end;
    end if;
    if p_idempotency_key is not null then
        v_result := interlock.claim_call(
            p_machine, p_key, p_event, p_idempotency_key,
            pg_catalog.jsonb_build_array(p_set, p_expect)
        );
        if v_result is not null then
            return v_result;
        end if;
    end if;
    if p_actor is not null then
        perform pg_catalog.set_config('interlock.actor', p_actor, true);
    end if;
    if p_reason is not null then
        perform pg_catalog.set_config('interlock.reason', p_reason, true);
    end if;
    execute pg_catalog.format('select %s($1, $2, $3, $4)', v_function)
    into v_result
    using p_key, p_event, p_set, p_expect;
    -- Said for this move alone: the next one in the transaction is somebody else's, perhaps.
    perform pg_catalog.set_config('interlock.actor', coalesce(v_actor, ''), true);
    perform pg_catalog.set_config('interlock.reason', coalesce(v_reason, ''), true);
    if p_idempotency_key is not null then
        perform interlock.keep_result(p_machine, p_idempotency_key, v_result);
    end if;
    return v_result;
end;
$$;

comment on function interlock.fire_by_key(
    text, jsonb, text, jsonb, text, text, text, text, boolean
) is 'Moves one row by an event: what interlock.fire calls, whatever the type of the key.';

grant execute on function interlock.fire_by_key(
    text, jsonb, text, jsonb, text, text, text, text, boolean
) to public;
