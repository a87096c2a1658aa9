-- Count, give or withdraw approvals of one row: what approve and allowed call.
--
-- It runs as the owner of schema interlock, who alone reads and writes approvals, so it is pinned. What
-- is given here counts for the row as its history has it, whatever a caller says of it, and for who is
-- logged in.

create or replace function interlock.:"function_name"(
    p_key jsonb, p_event text, p_state text, p_verb text, p_reason text
)
    returns jsonb
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as :body;
comment on function interlock.:"function_name"(jsonb, text, text, text, text) is :'note';
grant execute on function interlock.:"function_name"(jsonb, text, text, text, text) to public;
