-- What is decided at this moment, and in which cluster transactions are counted.

select
    pg_catalog.pg_current_snapshot()::text as snapshot,
    pg_catalog.pg_current_xact_id_if_assigned()::text as xid,
    (select s.system_identifier::text from pg_catalog.pg_control_system() as s) as cluster;
