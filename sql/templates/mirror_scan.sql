-- Rows of the other table that disagree, and rows that point to none; returns no row where all agree.
--
-- By CASE, for no index may answer: what is asked is also whether one has been made to lie.

with held as materialized (
    select
        t.:"key_column_here" as key,
        t.tableoid as relation,
        t.ctid as place
    from :guarded as t
    where case when :holds then true end
),

wrong as materialized (
    select
        r.:"key_column" as key,
        r.:"column_name" as value
    from :relation as r
    where
        r.:"column_name" is distinct from exists (select from held as h where h.key = r.:"key_column")
),

sampled as (
    select :sample_json as sample from wrong as w order by w.key limit 5
),

nowhere as materialized (
    select h.*
    from held as h
    where h.key is not null and not exists (select from :relation as r where r.:"key_column" = h.key)
)

select
    :'wrong_label' as rule,
    c.row_count,
    array(select s.sample from sampled as s) as samples,
    false as is_nowhere
from (select count(*) as row_count from wrong) as c
where c.row_count > 0
union all
select
    :'nowhere_label',
    c.row_count,
    array(
        select :row_key
        from (select * from nowhere order by relation, place limit 5) as n
        join :guarded as t on t.tableoid = n.relation and t.ctid = n.place
    ),
    true
from (select count(*) as row_count from nowhere) as c
where c.row_count > 0;
