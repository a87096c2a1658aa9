-- The trees of one seal, or of all.

select
    t.number,
    t.relation_name,
    t.month,
    t.entry_count,
    t.first_id,
    t.last_id,
    t.root,
    t.column_names,
    t.erasable
from interlock.seal_tree as t
where %(number)s::bigint is null or t.number = %(number)s
order by t.number, t.relation_name collate "C", t.month;
