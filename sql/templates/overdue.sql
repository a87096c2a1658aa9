-- Rows that have stayed in a state for longer than they may, the oldest first.
--
-- Since when: by the history, else by the stamp of the state, else at least since the machine is
-- there.

select
    :key_json as key,
    d.state_name,
    s.since,
    s.known_by,
    d.longest,
    d.event
from :relation as t
join (
    values
    :deadlines
) as d (state_name, longest, event) on d.state_name = :row_state
cross join lateral (
    select
        coalesce(e.clock_at, w.stamped_at, v.installed_at) as since,
        case
            when e.clock_at is not null then 'history'
            when w.stamped_at is not null then 'stamp'
            else 'installation'
        end as known_by
    from (select :stamp as stamped_at) as w
    left join lateral (
        select a.clock_at
        from interlock.:"audit_name" as a
        where
            :key_match
            and a.to_state = d.state_name
            and (a.from_state is distinct from a.to_state)
        order by a.id desc
        limit 1
    ) as e on true
    left join lateral (
        select min(m.applied_at) as installed_at
        from interlock.machine_version as m
        where m.machine_name = :'machine'
    ) as v on true
) as s
where
    :is_asked
    and s.since < clock_timestamp() - d.longest
order by s.since
