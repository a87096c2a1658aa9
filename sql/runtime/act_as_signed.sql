-- Prove who acts, for the rest of this transaction, with a token of the authentication service.
--
-- It runs as the owner of schema interlock, who alone may read the keys. It says at once what is
-- wrong with a token; what counts is that each entry of the history judges it again, for the setting
-- can be written by anybody.
--
-- Raises   23514, detail code IL06

create or replace function interlock.act_as_signed(p_token text, reason text default null)
    returns text
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_signed constant text[] := interlock.read_token(p_token);
begin
    if v_signed[3] is not null then
        raise exception using
            errcode    = 'check_violation',
            message    = 'the token does not say who acts: ' || v_signed[3],
            hint       = 'Ask interlock.challenge() here, and the authentication service for a token',
            detail     = jsonb_build_object(
                'code', 'IL06', 'machine', null, 'rule', 'attribution', 'key', null, 'from', null,
                'to', null, 'event', null, 'allowed', '[]'::jsonb, 'missing', '["actor"]'::jsonb
            )::text,
            constraint = 'interlock.attribution';
    end if;
    perform set_config('interlock.token', p_token, true);
    -- A client may send this call and a write in one message, and the history keeps what it sent: so
    -- it is told not to (interlock.statement_text).
    perform set_config(
        'interlock.long_statement', date_part('epoch', statement_timestamp())::text, true
    );
    perform set_config('interlock.actor', v_signed[1], true);
    perform set_config('interlock.reason', case when reason ~ '\S' then reason else '' end, true);
    return v_signed[1];
end;
$$;

comment on function interlock.act_as_signed(text, text) is
'Proves who acts, by a token, until the end of the transaction; returns the actor.';

grant execute on function interlock.act_as_signed(text, text) to public;
