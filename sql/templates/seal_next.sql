-- The next entry of a window behind a gap of ids.

select min(a.id) as next_id
from interlock.:"relation" as a
where
    a.id > :after_id
    and :in_window
