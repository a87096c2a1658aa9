-- Say who acts, and why, for the rest of this transaction.
--
-- A claim, not a proof: the history keeps it beside the session's facts. Local to the transaction,
-- so that it never leaks to another client behind a transaction pooler. What is blank is nothing.

create or replace function interlock.act_as(p_actor text, reason text default null)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('interlock.actor', case when p_actor ~ '\S' then p_actor else '' end, true);
    perform set_config('interlock.reason', case when reason ~ '\S' then reason else '' end, true);
end;
$$;

comment on function interlock.act_as(text, text) is
'Says who acts, and why, until the end of the transaction.';

grant execute on function interlock.act_as(text, text) to public;
