-- Which version of schema interlock is there.

select
    to_regnamespace('interlock') is not null as has_schema,
    to_regclass('interlock.schema_version') is not null as has_version_table;
