-- Move one row by an event, told by a key as text.
--
-- A literal, a parameter of a driver, or for several columns an object as text.
-- With the rights of the caller, and his search path: his own triggers run inside.

create or replace function interlock.fire(
    p_machine text, p_key text, p_event text, set jsonb default null, expect text default null,
    reason text default null, actor text default null, idempotency_key text default null,
    dry_run boolean default false
)
    returns jsonb
    language sql
as $$
    select interlock.fire_by_key(
        $1, pg_catalog.to_jsonb($2), $3, $4, $5, $6, $7, $8, $9
    )
$$;

comment on function interlock.fire(
    text, text, text, jsonb, text, text, text, text, boolean
) is 'Moves one row by an event; returns machine, key, event, and the states that it left and entered.';

grant execute on function interlock.fire(
    text, text, text, jsonb, text, text, text, text, boolean
) to public;
