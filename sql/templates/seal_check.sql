-- Hold the entries of one relation in one month against their leaves; only what is bad comes back,
-- and how much is erased.

with variant (variant, erasable) as (
    values :variants
),

sealed as (
    select
        c.number,
        c.place,
        l.ordinality,
        l.id,
        l.leaf,
        l.salt,
        v.variant
    from interlock.seal_tree as t
    join variant as v on v.erasable = t.erasable
    join interlock.seal_chunk as c
        on c.number = t.number and c.relation_name = t.relation_name and c.month = t.month
    cross join lateral unnest(c.entry_ids, c.leaves, c.salts)
        with ordinality as l (id, leaf, salt, ordinality)
    where
        t.relation_name = :'history_name'
        and t.month = :'month'
        and t.number = any(:numbers)
),

judged as (
    select
        s.number,
        s.place,
        s.ordinality,
        coalesce(s.id, a.id) as id,
        :key as key,
        case
            when a.id is null then 'missing'
            when s.id is null and :should_be_sealed then 'added'
            when s.id is null then null
            when (s.leaf = :leaf) is not true then 'changed'
            when e.entry_id is null then null
            when :is_erased then 'erased'
            else 'changed'
        end as what
    from sealed as s
    full join (
        select *
        from interlock.:"relation" as a
        where
            a.at >= :'month_from'
            and a.at < :'month_to'
    ) as a on a.id = s.id
    left join interlock.erasure as e on e.relation_name = :'history_name' and e.entry_id = s.id
)

select
    r.what,
    max(r.entry_count) as entry_count,
    array_agg(
        jsonb_strip_nulls(jsonb_build_object('seal', r.number, 'entry', r.id) || r.key)
        order by r.rank
    ) as samples
from (
    select
        j.*,
        count(*) over (partition by j.what) as entry_count,
        row_number() over (
            partition by j.what order by j.number, j.place, j.ordinality, j.id
        ) as rank
    from judged as j
    where j.what is not null
) as r
where r.rank <= 5
group by r.what
order by r.what
