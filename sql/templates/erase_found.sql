-- What there is to erase of one key: entries, those that are erased already, violations.

select
    count(*) as entry_count,
    count(*) filter (where exists (
        select from interlock.erasure as e
        where e.relation_name = :'history_name' and e.entry_id = a.id
    )) as erased_count,
    (
        select count(*) from interlock.violation as v
        where v.machine_name = :'machine' and v.key = :key_json
    ) as violation_count
from interlock.:"relation" as a
where :key_match
