-- The functions of one machine's mirrors and guards on other tables, as the server stores them.

select
    n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' as object_name,
    p.oid::regprocedure::text as signature,
    n.nspname = 'interlock' as is_of_schema,
    n.nspname::text as schema_name,
    p.prosrc as body,
    l.lanname::text as language,
    p.prosecdef as is_definer,
    p.provolatile::text as volatility,
    replace(coalesce(array_to_string(p.proconfig, ';'), ''), '"', '') as settings,
    p.proowner::regrole::text as owner_name
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
where
    case
        when n.nspname = 'interlock' then
            starts_with(p.proname::text, %(machine)s || '_mirror_')
            or starts_with(p.proname::text, %(machine)s || '_mirrored_')
        else
            starts_with(p.proname::text, 'interlock_' || %(machine)s || '_mirror_')
            or starts_with(p.proname::text, 'interlock_' || %(machine)s || '_guard_')
    end
    -- Another machine's name may begin so, too.
    and starts_with(coalesce(obj_description(p.oid, 'pg_proc'), ''), %(machine)s || ': ');
