-- The foreign keys of a table: its columns, and the table and columns that they lead to.

select
    fn.nspname::text as schema_name,
    f.relname::text as table_name,
    (
        select array_agg(a.attname::text order by i.place)
        from unnest(k.conkey) with ordinality as i (num, place)
        join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = i.num
    ) as columns,
    (
        select array_agg(a.attname::text order by i.place)
        from unnest(k.confkey) with ordinality as i (num, place)
        join pg_catalog.pg_attribute as a on a.attrelid = k.confrelid and a.attnum = i.num
    ) as target_columns
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as f on f.oid = k.confrelid
join pg_catalog.pg_namespace as fn on fn.oid = f.relnamespace
where k.conrelid = %(oid)s and k.contype = 'f' and k.conparentid = 0
order by k.conname;
