-- Who has written entries of one history: by site, role, application and event.

select
    :write_site as site,
    e.session_role,
    e.application_name,
    coalesce(e.event, e.kind) as event,
    count(*) as entry_count,
    min(e.clock_at) as first_at,
    max(e.clock_at) as last_at
from interlock.:"audit_name" as e
where :conditions
group by 1, 2, 3, 4
order by 5 desc
limit %(group_limit)s
