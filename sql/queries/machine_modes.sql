-- The mode of each machine, and of rules that have one of their own.

select
    m.machine_name,
    m.mode,
    coalesce(m.definition -> 'modes', '[]') as rule_modes
from interlock.machine as m
order by m.machine_name;
