-- Raise the refusal of a write, in the one form that every rule of ours uses.
--
-- Raises   23514 with constraint, schema, table, column, hint, and DETAIL as JSON
--
-- Runs with the rights of whoever wrote the row and reads nothing: everything it says is handed in,
-- so that public may execute it. It can do nothing but raise. Where a reaction was moving the row, the
-- trigger that did so has said it in a setting: that one goes into the words, and decides nothing.

create or replace function interlock.refuse(
    p_code text, p_machine text, p_rule text, p_table text[], p_column text, p_key jsonb,
    p_from text, p_to text, p_event text, p_allowed text[], p_missing text[],
    p_message text, p_hint text
)
    returns boolean
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_at_work  constant text := coalesce(current_setting('interlock.reacting', true), '');
    v_row      constant text := concat(p_machine, '/', p_key, '/', p_to, '=');
    v_reaction constant text :=
        case when starts_with(v_at_work, v_row) then substr(v_at_work, length(v_row) + 1) end;
begin
    raise exception using
        errcode    = 'check_violation',
        message    = p_message,
        hint       = concat(p_hint, '; the move is that of reaction ' || v_reaction),
        detail     = (
            jsonb_build_object(
                'code', p_code, 'machine', p_machine, 'rule', p_rule, 'key', p_key,
                'from', p_from, 'to', p_to, 'event', p_event,
                'allowed', p_allowed, 'missing', p_missing
            ) || case
                when v_reaction is null then '{}' else jsonb_build_object('reaction', v_reaction)
            end
        )::text,
        schema     = p_table[1],
        table      = p_table[2],
        column     = coalesce(p_column, ''),
        constraint = p_machine || '.' || p_rule;
end;
$$;

comment on function interlock.refuse(
    text, text, text, text[], text, jsonb, text, text, text, text[], text[], text, text
) is 'Raises the refusal of a write: SQLSTATE 23514, with what would be allowed in hint and detail.';

grant execute on function interlock.refuse(
    text, text, text, text[], text, jsonb, text, text, text, text[], text[], text, text
) to public;
