-- Approve of an event of one row, before it is made, told by a key as text.
--
-- A literal, a parameter of a driver, or for several columns an object as text.

create or replace function interlock.approve(
    p_machine text, p_key text, p_event text, reason text default null
)
    returns jsonb
    language sql
    set search_path = pg_catalog, pg_temp
as $$
    select interlock.approve_by_key($1, to_jsonb($2), $3, 'approve', $4)
$$;

comment on function interlock.approve(text, text, text, text) is
'Approves of an event of one row; returns how many approvals there are, and how many are missing.';

grant execute on function interlock.approve(text, text, text, text) to public;
