select
    pg_catalog.count(*) as row_count,
    coalesce(pg_catalog.sum(pg_catalog.hash_record_extended(row(:key_list), 0)), 0) as digest
from (
    select :row_key
    from :relation as t
    where not exists (
        select from interlock.:"audit_name" as a where a.kind = 'birth' and :same_entry
    )
    union all
    select :key_list
    from interlock.:"audit_name" as a
    group by :key_list
    having
        pg_catalog.bool_and(a.kind <> 'birth')
        and not exists (select from :relation as t where :same_entry)
) as k
where not exists (
    select from interlock.machine as known where known.machine_name = :'machine'
)
