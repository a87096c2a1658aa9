-- How many rows have stayed too long, by state, with the keys of the five oldest.

select
    o.state_name,
    o.longest::text as longest,
    count(*) as row_count,
    min(o.since) as oldest_at,
    (array_agg(o.key order by o.since))[1:5] as samples
from (
    :overdue
) as o
group by o.state_name, o.longest
order by o.state_name
