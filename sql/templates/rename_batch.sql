-- Move the rows of some blocks of one relation from a state's old name to its new one.
--
-- Whoever writes a row at this moment is not waited for; the row is counted and comes later. The
-- search path is that of the session, for triggers of the table may need it: so ours is not.

with there as materialized (
    select t.ctid as place
    from :source as t
    where
        t.ctid operator(pg_catalog.>=) :'first_place'::pg_catalog.tid
        and t.ctid operator(pg_catalog.<) :'end_place'::pg_catalog.tid
        and :is_old
    limit :row_limit
),

free as materialized (
    select t.ctid as place
    from :source as t
    where
        t.ctid operator(pg_catalog.=) any(array(select h.place from there as h))
        and :is_old
    for no key update skip locked
),

moved as (
    update :relation as t
    set :"state_column" = :'new_name'
    where
        t.tableoid operator(pg_catalog.=) :leaf_oid
        and t.ctid operator(pg_catalog.=) any(array(select f.place from free as f))
    returning t.ctid
)

select
    (select pg_catalog.count(*) from there) as there_count,
    (select pg_catalog.count(*) from moved) as moved_count,
    (select pg_catalog.max(h.place)::pg_catalog.text from there as h) as last_place
