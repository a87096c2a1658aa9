-- Writes that broke a rule, let through or refused, by rule, writer and write site.

with told as (
    select
        v.machine_name, v.code, v.rule_name, 'observed' as source, v.actor,
        v.session_role as role_name, v.application_name, v.statement, v.at, v.key, v.message
    from interlock.violation as v
    where v.at >= %(since)s and (%(machine)s::text is null or v.machine_name = %(machine)s)
    union all
    select
        r.machine_name, r.code, r.rule_name, r.source, r.actor,
        r.role_name, r.application_name, r.statement, r.occurred_at, r.key, r.message
    from interlock.refusal as r
    where
        r.occurred_at >= %(since)s and (%(machine)s::text is null or r.machine_name = %(machine)s)
),

by_statement as (
    select
        t.machine_name, t.code, t.rule_name, t.source, t.actor, t.role_name, t.application_name,
        t.statement,
        count(*) as attempt_count,
        min(t.at) as first_at,
        max(t.at) as last_at,
        (array_agg(t.key order by t.at desc))[1:3] as keys,
        (array_agg(t.message order by t.at desc))[1] as message
    from told as t
    group by
        t.machine_name, t.code, t.rule_name, t.source, t.actor, t.role_name, t.application_name,
        t.statement
)

select
    b.*,
    interlock.write_site(b.statement) as site
from by_statement as b;
