-- What a token must name to be believed here: this transaction, or this connection.
--
-- It runs as the owner of schema interlock, as the guards do that will ask for it again: whether the
-- start of a connection may be read depends on the role (pg_read_all_stats).
--
-- Raises   42501 when the owner may not see when this connection began

create or replace function interlock.challenge(p_scope text default 'transaction')
    returns text
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_started timestamptz;
begin
    if p_scope = 'transaction' then
        return concat('transaction.', pg_backend_pid(), '.', pg_current_xact_id());
    end if;
    if p_scope is distinct from 'connection' then
        raise exception using
            errcode = 'invalid_parameter_value',
            message = format('a token is of a transaction or a connection, not of %L', p_scope);
    end if;
    select a.backend_start into v_started from pg_stat_get_activity(pg_backend_pid()) as a;
    if v_started is null then
        raise exception using
            errcode = 'insufficient_privilege',
            message = format('role %s may not see when this connection began', current_user),
            hint    = format('grant pg_read_all_stats to %I, or sign transactions', current_user);
    end if;
    return concat(
        'connection.', pg_backend_pid(), '.', (date_part('epoch', v_started) * 1000000)::bigint
    );
end;
$$;

comment on function interlock.challenge(text) is
'The text that binds a token to this transaction, or to this connection.';

grant execute on function interlock.challenge(text) to public;
