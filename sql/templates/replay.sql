-- A history against itself and against the rows, in one pass over each.

with entry as (
    select
        :key_list,
        kind,
        from_state,
        to_state,
        lag(kind) over life as kind_before,
        lag(to_state) over life as state_before,
        lead(kind) over life is null as is_last,
        first_value(from_state) over life as first_state,
        first_value(kind) over life = 'birth' as has_birth
    from interlock.:"audit_name"
    where id > (select m.adopted_after from interlock.machine as m where m.machine_name = :'machine')
    window life as (partition by :key_list order by id)
),

step as (
    select
        :key_list,
        case
            when kind_before is null then null
            when kind = 'birth' then 'second life'
            when kind_before = 'death' then 'after death'
            when (from_state is distinct from state_before) then 'gap'
        end as what
    from entry
),

present as (
    select :row_key, (:row_state)::text as row_state
    from :relation as t
),

ending as (
    select
        :key_list,
        coalesce(e.has_birth, false) as has_birth,
        case when e.kind is null then p.row_state else e.first_state end as adopted_state,
        p.is_present,
        case
            when e.kind is null then null
            when e.kind = 'death' and p.is_present then 'row after its death'
            when e.kind <> 'death' and p.is_present is null then 'row is gone'
            when e.kind <> 'death' and (e.to_state is distinct from p.row_state)
                then 'row is elsewhere'
        end as what
    from (select * from entry where is_last) as e
    full join (select *, true as is_present from present) as p using (:key_list)
),

adopted as (
    select
        count(*) filter (where not e.has_birth) - m.adopted_rows as difference,
        coalesce(
            sum(hash_record_extended(row(:key_list, e.adopted_state), 0))
                filter (where not e.has_birth), 0
        ) <> m.adopted_digest as is_other
    from interlock.machine as m
    left join ending as e on true
    where m.machine_name = :'machine'
    group by m.adopted_rows, m.adopted_digest
),

broken as (
    select what, :key_list from step where what is not null
    union all
    select what, :key_list from ending where what is not null
),

ranked as (
    select what, :key_list, row_number() over (partition by what order by :key_list) as place
    from broken
)

select
    what,
    count(*) as row_count,
    array_agg(:sample_key) filter (where place <= 5) as samples
from ranked
group by what
union all
select 'adopted', difference, '{}'
from adopted
where difference <> 0 or is_other
