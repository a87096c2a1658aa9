select
    pg_catalog.count(*) as row_count,
    coalesce(
        pg_catalog.sum(pg_catalog.hash_record_extended(row(:key_list, (:row_state)::text), 0)), 0
    ) as digest
from :relation as t
where not exists (
    select from interlock.machine as known where known.machine_name = :'machine'
)
