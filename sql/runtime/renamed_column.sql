-- A compiled text with a column under another name: every whole word that is the old name.
--
-- Only of names and columns of which the compiler has proved that this is what it would write.

create or replace function interlock.renamed_column(p_text text, p_old text, p_new text)
    returns text
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
begin
    return regexp_replace(
        p_text, '(?<![A-Za-z0-9_])' || p_old || '(?![A-Za-z0-9_])', p_new, 'g'
    );
end;
$$;

comment on function interlock.renamed_column(text, text, text) is
'A compiled text with a column under another name.';

revoke execute on function interlock.renamed_column(text, text, text) from public;
