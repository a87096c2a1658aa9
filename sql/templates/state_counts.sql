-- How many rows stand in each state.

select
    (:row_state)::text as state_name,
    sum(t.row_count)::bigint as row_count
from (
    select
        r.:"state_column",
        count(*) as row_count
    from :relation as r
    group by r.:"state_column"
) as t
group by 1
