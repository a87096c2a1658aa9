-- One row at a time holds the resource. Under a name of its own, beside what is in force: writers and
-- readers go on meanwhile, and an interrupted build leaves nothing that counts.

create unique index concurrently :"next_name" on :"schema_name".:"table_name" (:elements) where :holds;
