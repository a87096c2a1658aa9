-- The key of each machine.

select
    m.machine_name,
    m.key_columns
from interlock.machine as m
order by m.machine_name;
