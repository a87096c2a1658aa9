-- Where a consumer stands: who it is, what it may, what kind of server this is.

select
    current_user::text as role_name,
    pg_is_in_recovery() as is_standby,
    current_setting('transaction_read_only')::boolean as is_read_only,
    to_regclass('interlock.machine') is not null as has_registry,
    to_regclass('interlock.outbox_cursor') is not null as has_cursors,
    coalesce(has_table_privilege(to_regclass('interlock.machine'), 'select'), false)
        as may_read_registry,
    coalesce(
        has_table_privilege(to_regclass('interlock.outbox_cursor'), 'select')
        and has_table_privilege(to_regclass('interlock.outbox_cursor'), 'insert')
        and has_table_privilege(to_regclass('interlock.outbox_cursor'), 'update'), false
    ) as may_keep_cursors,
    current_setting('max_connections')::integer as max_connections;
