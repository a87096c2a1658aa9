-- Where the state stands among the columns: known where this runs.

update interlock.machine as m
set
    state_attnum = (
        select a.attnum
        from pg_catalog.pg_attribute as a
        where
            a.attrelid = m.table_oid
            and a.attname = m.state_column
    )
where m.machine_name = :'machine';
