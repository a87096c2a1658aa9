-- Who we are in this database, and what of ours is there.

select
    current_user::text as role_name,
    r.rolsuper as is_superuser,
    r.rolcreaterole as can_create_role,
    r.rolinherit as does_inherit,
    o.oid is not null as owner_exists,
    coalesce(pg_catalog.pg_has_role(o.oid, 'member'), false) as is_member,
    coalesce(s.rolname::text, '') as schema_owner,
    coalesce(pg_catalog.pg_has_role(s.oid, 'member'), false) as is_schema_owner,
    to_regclass('interlock.schema_version') is not null as has_version_table,
    current_setting('server_version_num')::integer as server_version,
    pg_catalog.pg_is_in_recovery() as is_standby,
    current_setting('default_transaction_read_only')::boolean as is_read_only,
    current_database()::text as database_name,
    pg_catalog.has_database_privilege(current_database(), 'create') as can_create_schema
from pg_catalog.pg_roles as r
left join pg_catalog.pg_namespace as n on n.nspname = 'interlock'
left join pg_catalog.pg_roles as o on o.rolname = 'interlock_owner'
left join pg_catalog.pg_roles as s on s.oid = n.nspowner
where r.rolname = current_user;
