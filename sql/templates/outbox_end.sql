-- The last entry of a history that is to be seen.

select coalesce(max(a.id), 0) as id
from interlock.:"audit_name" as a
