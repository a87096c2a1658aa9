-- How many rows are in each state, and in how many of those each column is set.

select
    (t.:"state_column")::text as state_name,
    count(*) as row_count,
    array[:counts]::bigint[] as filled
from :relation as t
group by t.:"state_column"
order by count(*) desc, (t.:"state_column")::text asc
limit :most
