-- What keeps a funnel from being tight, or makes it lend more than was taken.

select format(
    '%s may update %s of %s by column: revoke that, or grant it the update of the table',
    u.grantee, array_to_string(s.shut, ', '), :'told_table'
)
from (
    :updaters
) as u
cross join lateral (
    select array(select c.name from unnest(u.columns) as c (name) where c.name = any(:shut)) as shut
) as s
where not u.is_whole and cardinality(s.shut) > 0
union all
select format(
    '%s may update %s, and not read it: grant it select, for fire tells the state',
    u.grantee, :'told_table'
)
from (
    :updaters
) as u
where u.is_whole and not u.is_reader
union all
select format('%s has row security, which a funnel would not keep', :'told_table')
from (
    :place
) as p
where p.has_row_security
union all
select format(
    '%s, who owns %s, is a superuser or a member of the owner of schema interlock, and the triggers'
    ' of the table would run with those rights: give the table to a role that owns nothing else',
    pg_catalog.pg_get_userbyid(c.relowner), :'told_table'
)
from (
    :place
) as p
join pg_catalog.pg_class as c on c.oid = :asked_oid
where p.is_owner_powerful
union all
select format('others may update partition %s: revoke that', o.partition_name)
from (
    :place
) as p
cross join lateral unnest(p.open_partitions) as o (partition_name);
