-- Read the key of a row as a caller gives it: one value, or an object with all of its columns.
--
-- Raises   22023

create or replace function interlock.read_key(p_key jsonb, p_columns text[])
    returns text[]
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_key     jsonb := p_key;
    v_missing text;
begin
    if cardinality(p_columns) = 1 and jsonb_typeof(v_key) <> 'object' then
        return array[v_key #>> '{}'];
    end if;
    if jsonb_typeof(v_key) = 'string' and v_key #>> '{}' ~ '^\s*\{' then
        v_key := (v_key #>> '{}')::jsonb;
    end if;
    select c.name into v_missing
    from unnest(p_columns) as c (name)
    where jsonb_typeof(v_key) is distinct from 'object' or not v_key ? c.name;
    if v_missing is not null then
        raise exception using
            errcode = 'invalid_parameter_value',
            message = concat('the key lacks ', v_missing),
            hint    = concat(
                'Give it as an object of ', array_to_string(p_columns, ', '), ', such as ',
                (select jsonb_object_agg(c.name, 1) from unnest(p_columns) as c (name))
            );
    end if;
    return array(
        select v_key ->> c.name from unnest(p_columns) with ordinality as c (name, place)
        order by c.place
    );
end;
$$;

comment on function interlock.read_key(jsonb, text[]) is
'Reads the key of a row: one value, or an object with all of its columns.';

grant execute on function interlock.read_key(jsonb, text[]) to public;
