-- How many rows hold a resource, and how many of them while another row does.

select
    count(*) as row_count,
    count(*) filter (where o.is_clash) as clash_count
from (
    select :clash as is_clash
    from :relation as t
    where t.:"resource" is not null and (t.:"state_column")::text = any(:states)
) as o
