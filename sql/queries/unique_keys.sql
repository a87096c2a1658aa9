-- The unique keys of a table that cover every row: what may serve as the key of a machine.

select array_agg(a.attname::text order by i.place) as key_columns
from pg_catalog.pg_index as x
cross join lateral unnest(x.indkey[0:x.indnkeyatts - 1]) with ordinality as i (num, place)
join pg_catalog.pg_attribute as a on a.attrelid = x.indrelid and a.attnum = i.num
where
    x.indrelid = %(oid)s
    and x.indisunique
    and x.indisvalid
    and x.indpred is null
    and x.indexprs is null
group by x.indexrelid
having bool_and(a.attnotnull);
