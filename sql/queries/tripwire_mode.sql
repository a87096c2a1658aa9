-- What the tripwire was asked to do, by whom and when; no row where nobody has asked.

select
    t.mode,
    t.set_at,
    t.set_by
from interlock.tripwire as t;
