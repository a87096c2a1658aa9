-- The triggers that call the functions of one machine's mirrors, or are called as hers are, wherever.

select
    s.nspname::text as schema_name,
    c.relname::text as table_name,
    t.tgname::text as trigger_name,
    t.tgtype::integer as trigger_type,
    t.tgenabled::text as enabled,
    t.tgconstraint <> 0 as is_constraint,
    t.tgdeferrable as is_deferrable,
    t.tgqual is not null as has_when,
    n.nspname || '.' || p.proname as function_name,
    convert_from(rtrim(t.tgargs, '\x00'::bytea), 'UTF8') as arguments,
    array_to_string(array(
        select a.attname::text
        from unnest(t.tgattr) as n (num)
        join pg_catalog.pg_attribute as a on a.attrelid = t.tgrelid and a.attnum = n.num
    ), ',') as columns
from pg_catalog.pg_trigger as t
join pg_catalog.pg_proc as p on p.oid = t.tgfoid
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
where
    not t.tgisinternal
    and t.tgparentid = 0
    and (
        (n.nspname || '.' || p.proname) = any(%(functions)s) -- noqa: RF02
        or (t.tgname = any(%(triggers)s) and (s.nspname || '.' || c.relname) = any(%(tables)s)) -- noqa: RF02
    );
