-- Indexes on one table whose names begin alike, and what they promise, as the server stores it.

select
    k.relname::text as index_name,
    coalesce(
        obj_description(c.oid, 'pg_constraint'), obj_description(k.oid, 'pg_class'), ''
    ) as note,
    concat_ws(
        ' ',
        case when i.indisunique then 'unique' end,
        case when i.indisexclusion then 'exclusion' end,
        case when not i.indimmediate then 'deferrable' end,
        m.amname,
        (
            select
                string_agg(
                    concat_ws(
                        ' ',
                        pg_get_indexdef(i.indexrelid, e.place::integer, true),
                        s.nspname || '.' || o.opcname,
                        nullif(i.indcollation[e.place - 1], 0)::regcollation,
                        c.conexclop[e.place]::regoperator
                    ),
                    ', ' order by e.place
                )
            from unnest(i.indclass) with ordinality as e (opclass, place)
            join pg_catalog.pg_opclass as o on o.oid = e.opclass
            join pg_catalog.pg_namespace as s on s.oid = o.opcnamespace
        ),
        'where ' || pg_get_expr(i.indpred, i.indrelid)
    ) as definition,
    (
        select bool_and(p.indisvalid and p.indisready and p.indislive)
        from pg_catalog.pg_index as p
        where
            p.indexrelid = i.indexrelid
            or p.indexrelid in (select t.relid from pg_catalog.pg_partition_tree(i.indexrelid) as t)
    ) as is_in_force
from pg_catalog.pg_index as i
join pg_catalog.pg_class as k on k.oid = i.indexrelid
join pg_catalog.pg_am as m on m.oid = k.relam
left join pg_catalog.pg_constraint as c
    on c.conindid = i.indexrelid and c.conrelid = i.indrelid and c.contype in ('p', 'u', 'x')
where
    i.indrelid = %(oid)s
    and starts_with(k.relname::text, %(names_begin)s);
