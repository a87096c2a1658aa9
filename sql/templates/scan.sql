-- Every row by every row rule, in one scan; returns no row where all are sound.
--
-- Samples: of each kind of unsound row the first ones of 64 buckets, found again by their place.

with broken as materialized (
    select
        :masks,
        r.tableoid as relation,
        min(r.ctid) as place,
        count(*) as row_count
    from :relation as r
    where (:sound) is not true
    group by :mask_names, r.tableoid, hashtid(r.ctid) & 63
),

counted as (
    select
        a.number,
        a.rule,
        sum(b.row_count)::bigint as row_count,
        (array_agg(row(b.relation, b.place)::text order by b.relation, b.place))[1:5] as places,
        (array_agg(b.place order by b.relation, b.place))[1:5] as found_at
    from broken as b
    cross join lateral (values
        :arms
    ) as a (rule, number, bit)
    where a.bit <> 0
    group by a.number, a.rule
)

select
    c.number as predicate_number,
    c.rule,
    c.row_count,
    array(
        select :sample_key
        from :relation as t
        where t.ctid = any(c.found_at) and row(t.tableoid, t.ctid)::text = any(c.places)
    ) as samples
from counted as c
order by c.number;
