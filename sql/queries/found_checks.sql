-- The CHECKs of ours on one table, as the server stores them.

select
    c.conname::text as constraint_name,
    pg_get_constraintdef(c.oid) as definition,
    c.convalidated as is_validated,
    coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) as is_enforced,
    coalesce(obj_description(c.oid, 'pg_constraint'), '') as note
from pg_catalog.pg_constraint as c
where
    c.conrelid = %(oid)s
    and c.contype = 'c'
    and starts_with(c.conname::text, 'interlock_');
