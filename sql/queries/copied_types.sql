-- The enums and domains of some tables' columns, as DDL for a copy; what a domain checks is left out.

with recursive used (oid) as (
    select a.atttypid
    from pg_attribute as a
    where a.attrelid = any(%(oids)s::oid []) and a.attnum > 0 and not a.attisdropped
    union
    select coalesce(nullif(t.typbasetype, 0), nullif(t.typelem, 0))
    from used as u
    join pg_type as t on t.oid = u.oid
    where t.typtype = 'd' or t.typelem <> 0
)

select
    n.nspname::text as schema_name,
    case t.typtype
        when 'e' then format(
            'create type %%I.%%I as enum (%%s)', n.nspname, t.typname, (
                select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
                from pg_enum as e
                where e.enumtypid = t.oid
            )
        )
        else format(
            'create domain %%I.%%I as %%s', n.nspname, t.typname,
            format_type(t.typbasetype, t.typtypmod)
        )
    end as ddl
from used as u
join pg_type as t on t.oid = u.oid
join pg_namespace as n on n.oid = t.typnamespace
where t.typtype in ('e', 'd') and n.nspname not in ('pg_catalog', 'information_schema')
order by t.typtype = 'd', t.oid;
