-- Keep a write that broke a rule, and let it through.
--
-- Called by the guard functions of a machine in observe or ratchet, which run as the owner of the
-- schema; nobody else may execute it. Takes what interlock.refuse takes.

create or replace function interlock.record_violation(
    p_code text, p_machine text, p_rule text, p_table text[], p_column text, p_key jsonb,
    p_from text, p_to text, p_event text, p_allowed text[], p_missing text[],
    p_message text, p_hint text
)
    returns boolean
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if interlock.lifted(p_machine, 'entry') = 'backfill' then
        return true;  -- a repair breaks no rule: it tells of itself
    end if;
    insert into interlock.violation (
        machine_name, code, rule_name, key, from_state, to_state, message, actor, reason
    )
    values (
        p_machine, p_code, p_rule, p_key, p_from, p_to, p_message,
        nullif(current_setting('interlock.actor', true), ''),
        nullif(current_setting('interlock.reason', true), '')
    );
    return true;
end;
$$;

comment on function interlock.record_violation(
    text, text, text, text[], text, jsonb, text, text, text, text[], text[], text, text
) is 'Records a write that broke a rule and lets it through.';

revoke execute on function interlock.record_violation(
    text, text, text, text[], text, jsonb, text, text, text, text[], text[], text, text
) from public;
