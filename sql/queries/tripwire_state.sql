-- Whether this schema interlock knows a tripwire, whether it may be read, and where it is off.

select
    to_regclass('interlock.tripwire') is not null as is_known,
    coalesce(
        has_table_privilege(to_regclass('interlock.tripwire'), 'select')
        and has_table_privilege(to_regclass('interlock.guarded'), 'select'),
        false
    ) as is_readable,
    coalesce(
        has_function_privilege(to_regprocedure('interlock.guarded_losses(text)'), 'execute'), false
    ) and exists (
        -- Of this version: one that is to be brought up to date is asked nothing.
        select from pg_catalog.pg_attribute as a
        where a.attrelid = to_regclass('interlock.guarded') and a.attname = 'followed'
    ) as is_callable,
    coalesce(current_setting('event_triggers', true), 'on') as event_triggers,
    array(
        select distinct
            concat_ws(
                ' ', 'by', nullif(d.datname, ''), case when r.rolname is null then 'alter database' else 'role ' || r.rolname end
            )
        from pg_catalog.pg_db_role_setting as s
        left join pg_catalog.pg_database as d on d.oid = s.setdatabase
        left join pg_catalog.pg_roles as r on r.oid = s.setrole
        cross join lateral unnest(s.setconfig) as c (setting)
        where
            c.setting ~* '^event_triggers=(off|false|no|0)'
            and (s.setdatabase = 0 or d.datname = current_database())
    ) as switched_off;
