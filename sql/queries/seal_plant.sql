-- Make the trees of one relation out of the chunks of one seal.

insert into interlock.seal_tree (
    number, relation_name, month, entry_count, first_id, last_id, root, column_names, erasable
)
select
    c.number,
    c.relation_name,
    c.month,
    sum(cardinality(c.entry_ids)),
    min(c.first_id),
    max(c.last_id),
    sha256(decode('02', 'hex') || string_agg(c.hash, ''::bytea order by c.place)),
    %(columns)s::text[],
    %(erasable)s::text[]
from interlock.seal_chunk as c
where
    c.number = %(number)s
    and c.relation_name = %(relation)s
group by c.number, c.relation_name, c.month
returning entry_count;
