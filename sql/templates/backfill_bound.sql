-- The key of the last of some rows, in the order of the key, and how many they are.

select
    :key_values as key_values,
    s.row_count
from (
    select
        n.*,
        row_number() over () as row_count
    from (
        select :key_fields
        from :relation as t
        where :in_span
        order by :key_fields
        limit :row_limit
    ) as n
) as s
order by s.row_count desc
limit 1
