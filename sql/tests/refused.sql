-- Tries a statement, and says whether the rule of that code refused it. Written by interlock.

create function pg_temp.refused(p_code text, p_statement text, p_name text)
    returns text
    language plpgsql
as $$
declare
    v_detail        text;
    v_constraint    text;
    v_message       text;
    v_found         text := 'nothing refused it';
begin
    begin
        execute p_statement;
    exception when others then
        get stacked diagnostics
            v_detail = pg_exception_detail,
            v_constraint = constraint_name,
            v_message = message_text;
        v_found := case
            when v_detail ~ '^\{.*"code"' then (v_detail::jsonb) ->> 'code'
            when sqlstate in ('23505', '23P01') and starts_with(v_constraint, 'interlock_') then 'IL15'
            else sqlstate || ': ' || v_message
        end;
    end;
    return is(v_found, p_code, p_name);
end;
$$;
