-- Who holds a resource while another row does, in pairs; returns no row where nobody does.
--
-- A sweep: a row is late if it begins before one has ended that began earlier. Ranges that are null,
-- empty or without end are asked for by the row rules. By CASE, for no index may answer: the very one
-- that holds the claim may have been made to lie.

with held as (
    select
        t.tableoid as relation,
        t.ctid as place,
        :resource_list,
        :held_period as period
    from :relation as t
    where case when :holds then true end
),

swept as (
    select
        h.*,
        coalesce(
            :is_late,
            false
        ) as is_late
    from held as h
    where :is_something
    window swept as (:claim_order)
),

late as materialized (
    select * from swept as s where s.is_late
),

sampled as (
    select * from late as l order by l.relation, l.place limit :sample_limit
),

paired as (
    select distinct on (l.relation, l.place)
        l.*,
        o.relation as other_relation,
        o.place as other_place,
        o.period as other_period
    from sampled as l
    join held as o on :is_clash
    where row(o.relation, o.place) <> row(l.relation, l.place)
    order by l.relation, l.place, o.relation, o.place
)

select
    :'claim_label' as rule,
    c.row_count,
    array(
        select jsonb_build_object(
            'key', (
                select :row_key from :relation as t
                where t.ctid = l.place and t.tableoid = l.relation
            ),
            'other', (
                select :row_key from :relation as t
                where t.ctid = l.other_place and t.tableoid = l.other_relation
            ),
            'resource', jsonb_build_object(:resource_json),
            'during', l.period::text,
            'other_during', l.other_period::text
        )
        from paired as l
        order by 1
    ) as samples
from (select count(*) as row_count from late) as c
where c.row_count > 0;
