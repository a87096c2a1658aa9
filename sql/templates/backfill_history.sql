-- Entries of the time before a machine, from the stamps of rows that have no entry at all.

with lone as materialized (
    select
        t.*,
        :key_values
    from :relation as t
    where
        :in_span
        and not exists (select from interlock.:"audit_name" as a where :same_key)
    for no key update of t skip locked
),

ordered as (
    select
        :key_order,
        s.state_name,
        s.entered_at,
        s.stamp_name,
        s.place,
        lag(s.state_name) over (partition by :key_order order by s.entered_at, s.place) as before
    from lone as l
    cross join lateral (
        select v.*
        from (values :steps) as v (state_name, entered_at, place, stamp_name)
        where v.state_name is not null and v.entered_at is not null
    ) as s
),

told as (
    insert into interlock.:"audit_name" (
        :key_names, kind, event, from_state, to_state, at, actor, reason, statement
    )
    select
        :told_keys, 'reconstructed', :event, e.origin, e.state_name, e.entered_at, :'actor',
        'reconstructed from ' || e.stamp_name, :'statement'
    from (select o.*, :origin as origin from ordered as o) as e
    order by e.entered_at, e.place
    returning :key_names
)

select
    (select count(*) from (select distinct * from told) as t) as repaired_count,
    0::bigint as quarantined_count,
    0::bigint as locked_count
