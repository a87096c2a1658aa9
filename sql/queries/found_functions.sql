-- The functions of ours, as the server stores them.
--
-- Those of a table stand in its schema, or in the one that it has left; there the comment tells whose
-- they are.

select
    n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')' as object_name,
    p.oid::regprocedure::text as signature,
    p.prosrc as body,
    l.lanname::text as language,
    p.prosecdef as is_definer,
    p.provolatile::text as volatility,
    coalesce(array_to_string(p.proconfig, ';'), '') as settings,
    p.proowner::regrole::text as owner_name,
    pg_catalog.has_function_privilege('public', p.oid, 'execute') as is_public
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
where
    (n.nspname = 'interlock' and p.proname = any(%(names)s))
    or (
        p.proname = any(%(table_functions)s) and (
            n.nspname = %(schema)s
            or starts_with(
                p.proname::text,
                'interlock_'
                || split_part(pg_catalog.obj_description(p.oid, 'pg_proc'), ':', 1) || '_'
            )
        )
    );
