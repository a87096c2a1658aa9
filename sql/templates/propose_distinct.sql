-- How many values a column has, in a sample of the rows.

select
    count(distinct (s.:"state_column")::text) as value_count,
    count(s.:"state_column") as row_count
from (select t.:"state_column" from :relation as t limit 20000) as s
