-- The last seal.

select s.number, s.sealed_at, s.total_count
from interlock.seal as s
order by s.number desc
limit 1;
