-- What the chunks of each tree come to, hashed again from their leaves.

select
    t.number,
    t.relation_name,
    t.month,
    count(c.place) as chunk_count,
    coalesce(sum(cardinality(c.entry_ids)), 0)::bigint as entry_count,
    coalesce(
        sha256(decode('02', 'hex') || string_agg(c.hash, ''::bytea order by c.place)) = t.root, false
    ) as fits,
    min(c.place) filter (
        where c.hash is distinct from sha256(decode('01', 'hex') || (
            select string_agg(l.leaf, ''::bytea order by l.ordinality)
            from unnest(c.leaves) with ordinality as l (leaf, ordinality)
        ))
        or cardinality(c.leaves) <> cardinality(c.entry_ids)
        or cardinality(c.salts) <> cardinality(c.entry_ids)
    ) as bad_place
from interlock.seal_tree as t
left join interlock.seal_chunk as c
    on c.number = t.number and c.relation_name = t.relation_name and c.month = t.month
group by t.number, t.relation_name, t.month, t.root;
