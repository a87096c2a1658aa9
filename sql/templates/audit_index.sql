-- Find the entries after a certain one, in the order of writing, for almost nothing a write.

create index if not exists :"index_name" on interlock.:"audit_name"
    using brin (id) with (pages_per_range = 32, autosummarize = on);
