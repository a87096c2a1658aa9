-- What keeps another table from being mirrored in or asked: it is not what it was, or open to others.

select format('table %s does not exist', :'told_table')
where :asked_oid is null
union all
select format('%s is no plain table; a row of one is locked and read', :'told_table')
from pg_catalog.pg_class as c
where c.oid = :asked_oid and c.relkind <> 'r'
union all
select format(
    'column %L of %s is %s, and was %s when the revision was written',
    k.column_name, :'told_table',
    case when c.is_generated then 'generated' else coalesce(c.type_name, 'missing') end, k.type_name
)
from (
    values
    :known
) as k (column_name, type_name, is_generated)
left join (
    :columns
) as c on c.column_name = k.column_name
where
    :asked_oid is not null
    and (c.type_name, c.is_generated) is distinct from (k.type_name, k.is_generated)
union all
select format('column %L of %s is no unique key that is not null', :'told_key', :'told_table')
where
    :asked_oid is not null
    and not exists (
        select
        from (
            :unique_keys
        ) as u
        where u.key_columns = array[:'told_key']
    )
union all
select format(
    'column %L is %s, and %L of %s is %s: they must be of one type',
    h.column_name, h.base_type, c.column_name, :'told_table', c.base_type
)
from (
    :columns_here
) as h
join (
    :columns
) as c on c.column_name = :'told_key' and c.base_type <> h.base_type
where h.column_name = any(:keys_here)
union all
select format(
    '%s may put triggers on %s, and they would run with the rights of %s, who is a superuser or a'
    ' member of the owner of schema interlock: revoke trigger on it, or give the table to a role that'
    ' owns nothing else',
    array_to_string(p.trigger_makers, ', '), :'told_table', pg_catalog.pg_get_userbyid(c.relowner)
)
from (
    :place
) as p
join pg_catalog.pg_class as c on c.oid = :asked_oid
where :is_mirrored and p.is_owner_powerful and cardinality(p.trigger_makers) > 0;
