-- Refuse a write, unless a bypass lets it through: then keep that it did, and say how.
--
-- Returns  the kind of the entry to write
-- Raises   what interlock.refuse raises
--
-- Called by the guard functions of a machine, which run as the owner of the schema; nobody else may
-- execute it. Takes what interlock.refuse takes. An import is told by its entries alone: a second
-- record of each row of it would hide the others.

create or replace function interlock.refuse_unless_lifted(
    p_code text, p_machine text, p_rule text, p_table text[], p_column text, p_key jsonb,
    p_from text, p_to text, p_event text, p_allowed text[], p_missing text[],
    p_message text, p_hint text
)
    returns text
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind constant text := interlock.lifted(p_machine, p_rule);
begin
    if v_kind is null then
        perform interlock.refuse(
            p_code, p_machine, p_rule, p_table, p_column, p_key, p_from, p_to, p_event, p_allowed,
            p_missing, p_message, p_hint
        );
    elsif v_kind = 'bypass' then
        insert into interlock.violation (
            machine_name, code, rule_name, key, from_state, to_state, message, actor, reason,
            bypass_id
        )
        values (
            p_machine, p_code, p_rule, p_key, p_from, p_to, p_message,
            nullif(current_setting('interlock.actor', true), ''),
            nullif(current_setting('interlock.reason', true), ''),
            interlock.session_bypass(p_machine)
        );
    end if;
    return v_kind;
end;
$$;

comment on function interlock.refuse_unless_lifted(
    text, text, text, text[], text, jsonb, text, text, text, text[], text[], text, text
) is 'Refuses a write, unless a bypass lets it through and keeps that it did.';

revoke execute on function interlock.refuse_unless_lifted(
    text, text, text, text[], text, jsonb, text, text, text, text[], text[], text, text
) from public;
