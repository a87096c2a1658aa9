-- Find the entries after a certain one, in the order of writing. A BRIN index is smaller, but costs
-- a single write more (instructions counted: 1.06 against 1.04 of the whole).

create index if not exists :"index_name" on interlock.:"audit_name" (id);
