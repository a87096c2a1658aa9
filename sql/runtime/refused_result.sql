-- Write the refusal of a dry run as its result.

create or replace function interlock.refused_result(
    p_machine text, p_key jsonb, p_event text, p_sqlstate text, p_message text, p_detail text,
    p_hint text
)
    returns jsonb
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
begin
    return jsonb_build_object(
        'machine', p_machine, 'key', p_key, 'event', p_event, 'dry_run', true,
        'refusal', jsonb_build_object(
            'sqlstate', p_sqlstate, 'message', p_message, 'hint', nullif(p_hint, ''),
            'detail', case
                when p_detail ~ '^\{".*"code": "IL[0-9]{2}"' then p_detail::jsonb
                else to_jsonb(nullif(p_detail, ''))
            end
        )
    );
end;
$$;

comment on function interlock.refused_result(text, jsonb, text, text, text, text, text) is
'Writes the refusal of a dry run as its result.';

grant execute on function
interlock.refused_result(text, jsonb, text, text, text, text, text) to public;
