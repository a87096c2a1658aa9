-- The machines of the registry.

select
    m.machine_name,
    m.schema_name,
    m.table_name
from interlock.machine as m
order by m.machine_name;
