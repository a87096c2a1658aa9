-- Rows that a reaction could move, and has not: how many, and the keys of some.

select
    count(*) as row_count,
    array(
        select :sample_key
        from :relation as t
        where :is_possible
        limit 5
    ) as samples
from :relation as t
where :is_possible
