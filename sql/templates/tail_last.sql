-- The ids at the end of a history: those missing between them may come still.

select a.id
from interlock.:"audit_name" as a
where a.id > (select coalesce(max(b.id), 0) - %(reach)s from interlock.:"audit_name" as b)
order by a.id
