-- The moves that a history shows: each state against the one before it of the same key.

select
    m.before,
    m.after,
    count(*) as move_count
from (
    select
        (lag(h.:"state_column") over (
            partition by h.:"key_column" order by h.:"time_column"
        ))::text as before,
        (h.:"state_column")::text as after
    from :relation as h
    where h.:"state_column" is not null
) as m
where m.before is distinct from m.after
group by m.before, m.after
order by count(*) desc, m.before asc, m.after asc
