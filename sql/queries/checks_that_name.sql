-- CHECKs of the user on a table that name one state and not another.

select c.conname::text as constraint_name
from pg_catalog.pg_constraint as c
where
    c.conrelid = %(oid)s
    and c.contype = 'c'
    and not starts_with(c.conname::text, 'interlock_')
    and strpos(pg_catalog.pg_get_constraintdef(c.oid), quote_literal(%(old)s)) > 0
    and strpos(pg_catalog.pg_get_constraintdef(c.oid), quote_literal(%(new)s)) = 0
order by c.conname;
