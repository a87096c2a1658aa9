-- What is broken in a history, and where: asked only when something is.

with life as (
    select
        :key_list,
        id,
        kind,
        event,
        from_state,
        to_state,
        lag(kind) over life as kind_before,
        lag(to_state) over life as state_before,
        lead(kind) over life as kind_after
    from (
        select :key_list, id, :kind_of as kind, event, from_state, to_state
        from interlock.:"audit_name" as a
        where id > :adopted_after and :is_kept
        union all
        select :row_key, 9223372036854775807, 'row', null, (:row_state)::text, null
        from :relation as t
    ) as entry
    window life as (partition by :key_list order by id)
),

judged as (
    select
        :key_list,
        id,
        case
            when kind = 'row' then
                case
                    when kind_before is null then null
                    when kind_before in ('death', 'lifted death') then 'row after its death'
                    when (from_state is distinct from state_before) then 'row is elsewhere'
                end
            when kind_before is not null and kind = 'birth' then 'second life'
            when kind_before in ('death', 'lifted death') and kind <> 'lifted birth' then 'after death'
            when kind_before is not null and (from_state is distinct from state_before)
                then 'gap'
            when kind_after is null and kind not in ('death', 'lifted death') then 'row is gone'
            when kind = 'not lifted' then 'no bypass'
            when
                :legality
                then 'illegal'
        end as what
    from life
)

select
    what,
    max(entry_count) as entry_count,
    array_agg(:sample_key order by place) as samples
from (
    select
        what, id, :key_list,
        row_number() over (partition by what order by id, :key_list) as place,
        count(*) over (partition by what) as entry_count
    from judged
    where what is not null
) as ranked
where place <= 5
group by what
order by what
