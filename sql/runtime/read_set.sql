-- Read the columns that a caller of interlock.fire sets: the assignments, and the names with types.
--
-- The names are those of the table or nothing, and are quoted; the values stay where they are. Null
-- where nothing is set. A type is named without its length: the assignment keeps to that, as in any
-- update. The columns are looked up here, and not compiled in: one that a migration adds can be set.
--
-- Raises   22023

create or replace function interlock.read_set(p_set jsonb, p_relation regclass, p_closed text[])
    returns text[]
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_columns text[];
    v_name    text;
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
    select
        p_closed || array_agg(a.attname::text) filter (where a.attgenerated <> ''),
        array_agg(a.attname::text order by a.attnum) filter (
            where a.attgenerated = '' and not a.attname = any(p_closed)
        )
    into p_closed, v_columns
    from pg_attribute as a
    where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped;
    for v_name in select k.name from jsonb_object_keys(p_set) as k (name) loop
        if v_name = any(p_closed) then
            raise exception using
                errcode = 'invalid_parameter_value',
                message = concat('column ', quote_literal(v_name), ' cannot be set'),
                hint    = 'The event moves the state; a key never changes, nor what is generated';
        end if;
        if not v_name = any(v_columns) then
            perform interlock.refuse_unknown('column', v_name, v_columns);
        end if;
    end loop;
    return (
        select array[
            string_agg(format('%I = s.%I', a.attname, a.attname), ', '),
            string_agg(format('%I %I.%I', a.attname, n.nspname, t.typname), ', ')
        ]
        from pg_attribute as a
        join pg_type as t on t.oid = a.atttypid
        join pg_namespace as n on n.oid = t.typnamespace
        where a.attrelid = p_relation and p_set ? a.attname::text and a.attname = any(v_columns)
    );
end;
$$;

comment on function interlock.read_set(jsonb, regclass, text[]) is
'Reads the columns that a caller of interlock.fire sets.';

grant execute on function interlock.read_set(jsonb, regclass, text[]) to public;
