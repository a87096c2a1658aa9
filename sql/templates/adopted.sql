select (
    select pg_catalog.count(*)
    from :"schema_name".:"relation_name" as t
    where not exists (
        select from interlock.:"audit_name" as a where a.kind = 'birth' and :same_entry
    )
) + (
    select pg_catalog.count(*)
    from (
        select :key_list
        from interlock.:"audit_name" as a
        group by :key_list
        having pg_catalog.bool_and(a.kind <> 'birth')
    ) as life
    where not exists (select from :"schema_name".:"relation_name" as t where :same_life)
)
