-- The tables of one machine in schema interlock, with the columns that depend on the spec.

select
    'interlock.' || c.relname as object_name,
    jsonb_object_agg(a.attname::text, format_type(a.atttypid, null))
        filter (
            where
                a.attname ~ '^(key|old|new)_'
                or a.attname in ('signed_by', 'approvals', 'cause', 'claimed_actor')
        ) as columns,
    exists (
        select from pg_catalog.pg_index as i
        where
            i.indrelid = c.oid
            and i.indisvalid
            and pg_catalog.pg_get_indexdef(i.indexrelid, 1, true) = 'id'
    ) as is_by_id,
    to_regclass('interlock.' || quote_ident(
        c.relname || to_char(now() at time zone 'UTC' + interval '1 month', '_YYYY_MM')
    )) is not null as is_ahead
from pg_catalog.pg_class as c
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where
    c.relnamespace = to_regnamespace('interlock')
    and c.relkind in ('r', 'p')
    and c.relname = any(%(names)s)
group by c.oid, c.relname;
