-- Writes that broke a rule: those that went through, and those that were reported as refused; by
-- rule, site, role, application and actor, with the first and the last of each, and how many there
-- were in each slot of time.

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

sited as (
    select
        s.*,
        :write_site as site,
        case
            when s.at >= %(trend_since)s
                then floor(extract(epoch from s.at) / %(width)s)::bigint
        end as slot
    from seen as s
),

placed as (
    select
        s.*,
        (:place) as place
    from sited as s
),

sliced as (
    select
        p.source, p.machine_name, p.code, p.rule_name, p.event, p.role_name, p.application_name,
        p.actor, p.site, p.slot,
        count(*) as write_count, min(p.at) as first_at, max(p.at) as last_at,
        min(p.id) as first_id, max(p.id) as last_id,
        string_agg(p.id::text, ',') filter (where p.place <= %(samples)s) as ids
    from placed as p
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
),

grouped as (
    select
        s.source, s.machine_name, s.code, s.rule_name, s.event, s.role_name, s.application_name,
        s.actor, s.site,
        sum(s.write_count)::bigint as write_count,
        min(s.first_at) as first_at, max(s.last_at) as last_at,
        coalesce(
            jsonb_object_agg(s.slot, s.write_count) filter (where s.slot is not null), '{}'
        ) as slots,
        coalesce(
            string_to_array(string_agg(s.ids, ','), ',')::bigint[],
            array[min(s.first_id), max(s.last_id)]
        ) as sample_ids
    from sliced as s
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    order by 10 desc
    limit %(group_limit)s
)

select
    g.*,
    array(
        select sample.told
        from (
            select
                v.id,
                jsonb_build_object(
                    'at', v.at, 'key', v.key, 'from', v.from_state, 'to', v.to_state,
                    'message', v.message, 'statement', v.statement
                ) as told
            from interlock.violation as v
            where g.source = 'recorded' and v.id = any(g.sample_ids)
            union all
            select
                r.id,
                jsonb_build_object(
                    'at', r.occurred_at, 'key', r.key, 'from', r.from_state, 'to', r.to_state,
                    'message', r.message, 'statement', r.statement
                )
            from interlock.refusal as r
            where g.source <> 'recorded' and r.id = any(g.sample_ids)
        ) as sample
        order by sample.id
    ) as samples
from grouped as g
