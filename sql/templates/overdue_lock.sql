-- Lock one row; nothing where somebody else has.

select true as is_locked
from :relation as t
where :key_is
for no key update skip locked
