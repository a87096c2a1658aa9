-- What a column is called now that was at a place, as interlock.watch wrote it; null where it is gone.
--
-- A place is that of one database: in another, restored from a dump, numbers differ, and none is told.

create or replace function interlock.column_now(p_place text)
    returns text
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_place constant text[] := string_to_array(p_place, ' ');
begin
    if v_place[2] is distinct from 'interlock.guarded'::regclass::oid::text then
        return null;
    end if;
    return (
        select a.attname::text
        from pg_attribute as a
        where
            a.attrelid = v_place[1]::oid and a.attnum = v_place[3]::smallint and not a.attisdropped
    );
end;
$$;

comment on function interlock.column_now(text) is
'What a column is called now that was at a place; null where it is gone.';

revoke execute on function interlock.column_now(text) from public;
