-- A machine, and what it has adopted.

select
    m.schema_name,
    m.table_name,
    m.state_column,
    m.key_columns,
    m.adopted_after,
    m.adopted_rows,
    m.adopted_digest
from interlock.machine as m
where m.machine_name = %(machine)s;
