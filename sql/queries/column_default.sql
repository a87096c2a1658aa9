-- The default of a column, where it is a plain string.

select (regexp_match(pg_get_expr(d.adbin, d.adrelid), '^''((?:[^'']|'''')*)''::'))[1] as value
from pg_catalog.pg_attrdef as d
where d.adrelid = %(oid)s and d.adnum = %(number)s;
