-- By it the other row is found that holds the same; it refuses nothing. Under a name of its own, beside
-- what is in force: writers and readers go on meanwhile.

create index concurrently :"next_name" on :"schema_name".:"table_name" using :method (:elements) where :holds;
