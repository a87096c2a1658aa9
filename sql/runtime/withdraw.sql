-- Withdraw what this session has approved of one event of a row, told by a key of any type.
--
-- A number, a uuid, or for several columns a jsonb object.

create or replace function interlock.withdraw(
    p_machine text, p_key anyelement, p_event text
)
    returns jsonb
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    select interlock.approve_by_key($1, to_jsonb($2), $3, 'withdraw', null)
$$;

comment on function interlock.withdraw(text, anyelement, text) is
'Withdraws the approvals of this session for one event of a row; returns how many they were.';

grant execute on function interlock.withdraw(text, anyelement, text) to public;
