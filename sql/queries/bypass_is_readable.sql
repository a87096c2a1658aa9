-- Whether the bypasses and the journal may be read, or are not there.

select
    coalesce(pg_catalog.has_table_privilege(to_regclass('interlock.bypass'), 'select'), true)
    and coalesce(pg_catalog.has_table_privilege(to_regclass('interlock.journal'), 'select'), true)
        as is_readable;
