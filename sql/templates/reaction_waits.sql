-- Rows that a reaction could move, and has not: how many, and the keys of some.

with waiting as (
    select :sample_key as sample_key
    from :relation as t
    where :is_possible
)

select
    (select count(*) from waiting) as row_count,
    array(select w.sample_key from waiting as w limit 5) as samples
