-- Whether the extension is there that lets an exclusion constraint compare a resource; else whether we
-- may make it.

select
    exists (select from pg_catalog.pg_extension as e where e.extname = 'btree_gist') as is_there,
    exists (
        select from pg_catalog.pg_available_extensions as a where a.name = 'btree_gist'
    ) as is_available,
    (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = current_user)
    or (
        has_database_privilege(current_database(), 'create')
        and exists (
            select from pg_catalog.pg_available_extension_versions as v
            where v.name = 'btree_gist' and v.trusted
        )
    ) as is_allowed;
