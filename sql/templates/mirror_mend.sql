-- Lock these rows in the order of their keys, and then set what is so: a statement of its own sees
-- all that was committed before the locks.

select r.:"key_column"
from :relation as r
where r.:"key_column" = any(:keys)
order by r.:"key_column"
for no key update;
