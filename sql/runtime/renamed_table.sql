-- A compiled text with its table under another name, in each of the ways that the compiler writes it.
--
-- p_old and p_new are schema and name, plain words. p_with_schema: the schema itself was renamed, so
-- what stands beside the table in it has moved as well.

create or replace function interlock.renamed_table(
    p_text text, p_old text[], p_new text[], p_with_schema boolean
)
    returns text
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_form  text;
    v_text  text := p_text;
begin
    foreach v_form in array array[
        '"%s"."%s"',
        'array[''%s'', ''%s'']',
        'tg_table_schema <> ''%s'' or tg_table_name <> ''%s'''
    ] loop
        v_text := replace(
            v_text, format(v_form, p_old[1], p_old[2]), format(v_form, p_new[1], p_new[2])
        );
    end loop;
    if p_with_schema then
        v_form := 'has_schema_privilege(''%s'', ''usage'')';
        v_text := replace(v_text, format(v_form, p_old[1]), format(v_form, p_new[1]));
    end if;
    -- In the words of a message.
    return regexp_replace(
        v_text,
        format('(?<![A-Za-z0-9_."])%s\.%s(?![A-Za-z0-9_])', p_old[1], p_old[2]),
        format('%s.%s', p_new[1], p_new[2]),
        'g'
    );
end;
$$;

comment on function interlock.renamed_table(text, text[], text[], boolean) is
'A compiled text with its table under another name.';

revoke execute on function interlock.renamed_table(text, text[], text[], boolean) from public;
