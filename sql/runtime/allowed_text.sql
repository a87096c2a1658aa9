-- Say what a row could do now, told by a key as text.
--
-- A literal, a parameter of a driver, or for several columns an object as text.

create or replace function interlock.allowed(p_machine text, p_key text)
    returns table (event text, to_state text, possible boolean, missing text[], needs text[])
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    execute format('select * from %s($1)', interlock.callable(p_machine, 'allowed'))
    using to_jsonb(p_key);
end;
$$;

comment on function interlock.allowed(text, text) is
'Says which events a row could make now, and what each one lacks.';

grant execute on function interlock.allowed(text, text) to public;
