-- Entries of one history, the newest first; one more than are shown, so that it is known of more.

select a.*
from interlock.:"audit_name" as a
where :conditions
order by a.id desc
limit %(row_limit)s
