-- Where a statement comes from: its sqlcommenter tags, else its shape without values.
--
-- Tags that differ from request to request are left out. Pure: public may call it.

create or replace function interlock.write_site(p_statement text)
    returns text
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_tags text := substring(p_statement from '/\*((?:[^*]|\*(?!/))*)\*/[\s;]*$');
begin
    if v_tags ~ '^\s*[\w.%-]+\s*=\s*''(?:[^'']|\\'')*''' then
        v_tags := regexp_replace(
            v_tags, '(^|,)\s*(traceparent|tracestate)\s*=\s*''[^'']*''', '', 'g'
        );
        v_tags := btrim(v_tags, E', \n\t');
        if v_tags <> '' then
            return '/*' || v_tags || '*/';
        end if;
    end if;
    return left(
        btrim(regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(p_statement, '/\*.*?\*/|--[^\n]*', ' ', 'g'),
                    '''(?:[^'']|'''')*''|\$\d+|\m\d+(?:\.\d+)?\M', '?', 'g'
                ),
                '\(\s*\?(?:\s*,\s*\?)*\s*\)(?:\s*,\s*\(\s*\?(?:\s*,\s*\?)*\s*\))*', '(?)', 'g'
            ),
            '\s+', ' ', 'g'
        )),
        200
    );
end;
$$;

comment on function interlock.write_site(text) is
'Where a statement comes from: its sqlcommenter tags, else its shape without values.';

grant execute on function interlock.write_site(text) to public;
