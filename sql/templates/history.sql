-- The life of one row, oldest entry first.

select a.*
from interlock.:"audit_name" as a
where :key_match
order by a.id
