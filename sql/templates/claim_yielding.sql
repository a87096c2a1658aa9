-- The rows that should let go of a resource: of two that hold it at the same time, the older.

with held as materialized (
    select
        :key_list,
        :resource_list,
        :held_period as period
    from :relation as t
    where case when :holds then true end
)

select :key_names
from held as o
where exists (select from held as l where :is_clash and :is_younger);
