-- One machine as the registry has it.

select
    m.definition,
    m.state_attnum::integer as state_attnum
from interlock.machine as m
where m.machine_name = %(machine)s;
