-- The key of a row so many rows further on, in the order of the key; none where there are fewer.

select :key_values as key_values
from :relation as s
where :in_span
order by :key_order
limit 1 offset :row_offset
