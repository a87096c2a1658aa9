-- What a backfill would do, by kinds of rows: judged as they are and as they would be, in one scan.

with judged as (
    select
        :broken_before as broken_before,
        :applied as applied,
        :broken_after as broken_after,
        :still as still,
        (:is_changed) as is_changed,
        :key_json as row_key,
        :others as others,
        :values_before as values_before,
        :values_after as values_after
    from :relation as s0
:stages
    where
        :in_span
        and :candidate
)

select
    k.broken_before,
    k.applied,
    k.broken_after,
    k.still,
    k.is_changed,
    count(*) as row_count,
    jsonb_agg(
        jsonb_build_object('key', k.row_key, 'before', k.values_before, 'after', k.values_after)
        || case when k.others is null then '{}' else jsonb_build_object('others', k.others) end
        order by k.place
    ) filter (where k.place <= :sample_limit) as samples
from (
    select
        j.*,
        row_number() over (
            partition by j.broken_before, j.applied, j.broken_after, j.still, j.is_changed
        ) as place
    from judged as j
) as k
group by k.broken_before, k.applied, k.broken_after, k.still, k.is_changed
order by count(*) desc, k.broken_before asc, k.applied asc, k.broken_after asc
