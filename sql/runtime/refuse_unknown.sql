-- Refuse a name that a call gives and nothing has, with the one that was perhaps meant.
--
-- Raises   22023
--
-- Runs with the rights of the caller and reads nothing, so that public may execute it.

create or replace function interlock.refuse_unknown(p_thing text, p_name text, p_known text[])
    returns boolean
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_meant text;
begin
    -- The name that shares most pairs of neighbouring letters with it, and half of them at least.
    select k.name into v_meant
    from unnest(p_known) as k (name)
    cross join lateral (
        select count(*) as shared
        from generate_series(1, length(p_name) - 1) as n (place)
        where strpos(lower(k.name), lower(substr(p_name, n.place, 2))) > 0
    ) as pairs
    where pairs.shared * 2 >= greatest(length(p_name), length(k.name)) - 1
    order by pairs.shared desc, k.name
    limit 1;
    raise exception using
        errcode = 'invalid_parameter_value',
        message = concat('there is no ', p_thing, ' ', quote_literal(coalesce(p_name, 'null'))),
        hint    = case
            when v_meant is not null then concat('Did you mean ', quote_literal(v_meant), '?')
            when cardinality(p_known) > 0 then concat('There is ', array_to_string(p_known, ', '))
            else 'There is none'
        end;
end;
$$;

comment on function interlock.refuse_unknown(text, text, text[]) is
'Raises the refusal of a name that is not known: SQLSTATE 22023, with what was meant in the hint.';

grant execute on function interlock.refuse_unknown(text, text, text[]) to public;
