-- Machines that are installed, and the channel that wakes whoever waits for their entries.

select
    m.machine_name,
    m.definition #>> '{outbox,channel}' as channel
from interlock.machine as m
order by m.machine_name;
