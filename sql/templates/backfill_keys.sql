-- The keys of some rows.

select :key_values as key_values
from :relation as t
where :in_span
order by :key_fields
