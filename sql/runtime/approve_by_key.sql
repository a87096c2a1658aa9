-- Approve of an event of one row, or withdraw that: what the functions that people call share.
--
-- Raises   22023 for a machine that has no such moves

create or replace function interlock.approve_by_key(
    p_machine text, p_key jsonb, p_event text, p_verb text, p_reason text
)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_result jsonb;
begin
    if to_regproc(interlock.callable(p_machine, 'fire')) is not null
        and to_regproc(format('interlock.%I', concat(p_machine, '_approve'))) is null
    then
        raise exception using
            errcode = 'invalid_parameter_value',
            message = format('no event of %s needs approvals', p_machine),
            hint    = 'A move asks for them in the spec: approvals: {count: 2}';
    end if;
    execute format('select %s($1, $2, $3, $4)', interlock.callable(p_machine, 'approve'))
    into v_result
    using p_key, p_event, p_verb, p_reason;
    return v_result;
end;
$$;

comment on function interlock.approve_by_key(text, jsonb, text, text, text) is
'Approves of an event of one row, or withdraws that, whatever the type of the key.';

grant execute on function interlock.approve_by_key(text, jsonb, text, text, text) to public;
