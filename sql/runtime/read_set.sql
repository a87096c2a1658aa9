-- Read the columns that a caller of interlock.fire sets: the assignments, and the names with types.
--
-- The names are those of the table or nothing, and are quoted; the values stay where they are. Null
-- where nothing is set.
--
-- Raises   22023

create or replace function interlock.read_set(
    p_set jsonb, p_columns text[], p_types text[], p_closed text[]
)
    returns text[]
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
begin
    if p_set is null or p_set in ('{}', 'null') then
        return null;
    end if;
    if jsonb_typeof(p_set) <> 'object' then
        raise exception using
            errcode = 'invalid_parameter_value',
            message = concat('set is ', jsonb_typeof(p_set), ', and should be an object'),
            hint    = 'Name each column with its value, such as {"room_id": 101}';
    end if;
    for v_name in select k.name from jsonb_object_keys(p_set) as k (name) loop
        if v_name = any(p_closed) then
            raise exception using
                errcode = 'invalid_parameter_value',
                message = concat('column ', quote_literal(v_name), ' cannot be set'),
                hint    = 'The event moves the state; a key never changes, nor what is generated';
        end if;
        if not v_name = any(p_columns) then
            perform interlock.refuse_unknown('column', v_name, p_columns);
        end if;
    end loop;
    return (
        select array[
            string_agg(format('%I = s.%I', c.name, c.name), ', '),
            string_agg(format('%I %s', c.name, c.type_name), ', ')
        ]
        from unnest(p_columns, p_types) as c (name, type_name)
        where p_set ? c.name
    );
end;
$$;

comment on function interlock.read_set(jsonb, text[], text[], text[]) is
'Reads the columns that a caller of interlock.fire sets.';

grant execute on function interlock.read_set(jsonb, text[], text[], text[]) to public;
