-- Move a cursor on, in the transaction that has locked it; no row where that one is over.

update interlock.outbox_cursor as c set
    position = %(position)s::jsonb,
    delivered_count = c.delivered_count + %(delivered)s,
    updated_at = clock_timestamp()
where
    c.cursor_name = %(name)s
    and pg_catalog.pg_current_xact_id_if_assigned() = %(xid)s::text::xid8
returning c.cursor_name;
