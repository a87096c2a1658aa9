-- Which transactions are decided, on which server, and what is young.

select
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint as decided_xid,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next_xid,
    (select c.system_identifier::text from pg_control_system() as c) as cluster,
    clock_timestamp() as now,
    clock_timestamp() - %(older_than)s::interval as young_from;
