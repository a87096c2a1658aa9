-- Which entry of the history is the last under the rules before: told while no writer is at work.

insert into interlock.machine_version (machine_name, version, mode, after_entry, definition)
select
    m.machine_name, m.version, m.mode,
    coalesce(pg_catalog.pg_sequence_last_value(
        pg_catalog.pg_get_serial_sequence(:'audit_relation', 'id')::regclass
    ), 0),
    m.definition
from interlock.machine as m
where m.machine_name = :'machine';
