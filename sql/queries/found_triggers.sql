-- The triggers of ours on one table, as the server stores them.

select
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
where
    t.tgrelid = %(oid)s
    and not t.tgisinternal
    and starts_with(t.tgname::text, 'interlock_');
