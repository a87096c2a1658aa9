-- Set what the rows of the machine say, of rows that are locked.

update :relation as r
set :"column_name" = exists (select from :guarded as o where :is_clash)
where
    r.:"key_column" = any(:keys)
    and r.:"column_name" is distinct from exists (select from :guarded as o where :is_clash)
returning r.:"key_column";
