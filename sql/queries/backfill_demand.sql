-- What a backfill needs to be there and to be allowed.

select
    pg_catalog.has_table_privilege('interlock.backfill_job', 'insert')
    and pg_catalog.has_table_privilege('interlock.backfill_pass', 'insert')
    and pg_catalog.has_table_privilege('interlock.' || quote_ident(%(audit)s), 'insert') as is_member,
    pg_catalog.has_table_privilege(%(oid)s::oid, 'select, update') as may_write,
    exists (
        select from pg_catalog.pg_trigger as t
        where
            t.tgrelid = %(oid)s::oid
            and not t.tgisinternal
            and not starts_with(t.tgname::text, 'interlock_')
    ) as has_triggers,
    (
        select greatest(c.reltuples, 0)::bigint from pg_catalog.pg_class as c where c.oid = %(oid)s::oid
    ) as row_estimate;
