-- The columns of a table, domains looked through.

with recursive bases (typ, base) as (
    select t.oid as typ, t.oid as base from pg_catalog.pg_type as t where t.typtype <> 'd'
    union all
    select d.oid, b.base
    from pg_catalog.pg_type as d
    join bases as b on d.typbasetype = b.typ
    where d.typtype = 'd'
)

select
    a.attname::text as column_name,
    a.attnum::integer as column_number,
    format_type(a.atttypid, null) as type_name,
    format_type(b.base, null) as base_type,
    t.typtype::text as base_kind,
    a.attnotnull as is_not_null,
    a.attgenerated <> '' as is_generated,
    exists (
        select from pg_catalog.pg_operator as o
        where
            o.oprname = '='
            and o.oprnamespace = 'pg_catalog'::regnamespace
            and o.oprleft = o.oprright
            and (
                o.oprleft = b.base
                or (
                    a.atttypid = b.base
                    and (
                        (t.typtype = 'e' and o.oprleft = 'anyenum'::regtype)
                        or (t.typtype = 'r' and o.oprleft = 'anyrange'::regtype)
                        or (t.typcategory = 'A' and o.oprleft = 'anyarray'::regtype)
                    )
                )
                or format_type(b.base, null) = 'character varying'
            )
    ) as is_comparable,
    array(
        select e.enumlabel::text
        from pg_catalog.pg_enum as e
        where e.enumtypid = b.base
        order by e.enumsortorder
    ) as labels
from pg_catalog.pg_attribute as a
join bases as b on b.typ = a.atttypid
join pg_catalog.pg_type as t on t.oid = b.base
where
    a.attrelid = %(oid)s
    and a.attnum > 0
    and not a.attisdropped
order by a.attnum;
