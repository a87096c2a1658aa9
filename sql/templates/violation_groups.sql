-- Writes that broke a rule: those that went through, and those that were reported as refused; by
-- rule, site, role, application and actor, with the first and the last of each.

with seen as (
    select
        'recorded' as source, v.id, v.machine_name, v.code, v.rule_name, null as event,
        v.session_role as role_name, v.application_name, v.actor, v.at, v.statement
    from interlock.violation as v
    where (%(machine)s::text is null or v.machine_name = %(machine)s)
        and (%(since)s::timestamptz is null or v.at >= %(since)s)
    union all
    select
        r.source, r.id, r.machine_name, r.code, r.rule_name, r.event,
        r.writer_role, r.writer_application, r.actor, r.occurred_at, coalesce(r.statement, '')
    from interlock.refusal as r
    where (%(machine)s::text is null or r.machine_name = %(machine)s)
        and (%(since)s::timestamptz is null or r.occurred_at >= %(since)s)
),

grouped as (
    select
        s.source, s.machine_name, s.code, s.rule_name, s.event, s.role_name, s.application_name,
        s.actor,
        :write_site as site,
        count(*) as write_count, min(s.at) as first_at, max(s.at) as last_at,
        min(s.id) as first_id, max(s.id) as last_id
    from seen as s
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    order by 10 desc
    limit %(group_limit)s
)

select
    g.*,
    array(
        select jsonb_build_object(
            'at', v.at, 'key', v.key, 'from', v.from_state, 'to', v.to_state,
            'message', v.message, 'statement', v.statement
        )
        from interlock.violation as v
        where g.source = 'recorded' and v.id in (g.first_id, g.last_id)
        union all
        select jsonb_build_object(
            'at', r.occurred_at, 'key', r.key, 'from', r.from_state, 'to', r.to_state,
            'message', r.message, 'statement', r.statement
        )
        from interlock.refusal as r
        where g.source <> 'recorded' and r.id in (g.first_id, g.last_id)
    ) as samples
from grouped as g
