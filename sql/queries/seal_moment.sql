-- Which transactions are decided, on which server, and what is young.
--
-- The next one is our own, given out here: what has a later id draws later ids of entries than
-- those that were read before. The xmax of a snapshot does not say that: it is the last transaction
-- that has ended, and one more; others may be running above it.

select
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint as decided_xid,
    pg_current_xact_id()::text::bigint as next_xid,
    (select c.system_identifier::text from pg_control_system() as c) as cluster,
    clock_timestamp() as now,
    clock_timestamp() - %(older_than)s::interval as young_from;
