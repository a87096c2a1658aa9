-- Withdraw what this session has approved of one event of a row, told by a key as text.
--
-- A literal, a parameter of a driver, or for several columns an object as text.

create or replace function interlock.withdraw(
    p_machine text, p_key text, p_event text
)
    returns jsonb
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    select interlock.approve_by_key($1, to_jsonb($2), $3, 'withdraw', null)
$$;

comment on function interlock.withdraw(text, text, text) is
'Withdraws the approvals of this session for one event of a row; returns how many they were.';

grant execute on function interlock.withdraw(text, text, text) to public;
