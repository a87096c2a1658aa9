-- Whether what approvals say may be read.

select
    coalesce(pg_catalog.has_table_privilege(to_regclass('interlock.approval'), 'select'), false)
        as is_readable;
