-- Entries that have come since the last look: with a greater id, or one that was missing then.

select a.*
from interlock.:"audit_name" as a
where
    a.id > %(after)s
    or a.id = any(%(missing)s)
order by a.id
