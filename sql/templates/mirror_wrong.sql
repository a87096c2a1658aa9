-- The first rows of the other table that disagree, by key.

select r.:"key_column"::text as key_value
from :relation as r
where
    r.:"column_name" is distinct from exists (select from :guarded as o where :is_clash)
    and (:is_after)
order by r.:"key_column"
limit :row_limit;
