-- Who moves the rows of a machine, how often, and from where: by distinct statements first, for
-- reading the tags of one costs more than counting it.

with by_statement as (
    select
        a.statement,
        a.application_name,
        a.session_role,
        coalesce(a.event, a.kind) as event,
        count(*) as entry_count,
        min(a.clock_at) as first_at,
        max(a.clock_at) as last_at
    from interlock.:"audit_name" as a
    where a.at >= %(since)s
    group by a.statement, a.application_name, a.session_role, coalesce(a.event, a.kind)
)

select
    interlock.write_site(b.statement) as site,
    b.application_name,
    b.session_role,
    b.event,
    sum(b.entry_count)::bigint as entry_count,
    min(b.first_at) as first_at,
    max(b.last_at) as last_at
from by_statement as b
group by 1, b.application_name, b.session_role, b.event
