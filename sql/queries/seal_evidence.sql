-- What may explain that sealed entries are gone: months that were retained, histories dropped.

select
    'retained' as what,
    r.relation_name,
    r.month,
    r.entry_count,
    null::bigint as upto_xid,
    j.id is not null as is_recorded,
    coalesce(
        (r.month + interval '1 month') at time zone 'UTC' <= r.at - (
            select (v.definition #>> '{audit,retain}')::interval
            from interlock.machine_version as v
            where
                v.machine_name = regexp_replace(r.relation_name, '_audit$', '')
                and v.applied_at <= r.at
            order by v.version desc
            limit 1
        ), false
    ) as was_due
from interlock.retained as r
left join interlock.journal as j
    on j.id = r.journal_id
    and j.event = 'retain'
    and j.machine_name || '_audit' = r.relation_name
    and j.detail ->> 'month' = r.month::text
union all
select
    'dropped',
    j.machine_name || '_audit',
    null,
    null,
    max(j.transaction_id::text::bigint),
    true,
    true
from interlock.journal as j
where j.event = 'drop_history'
group by j.machine_name;
