-- Write one link of the chain.

insert into interlock.seal (
    number, chain_id, previous, root, entry_count, total_count, cluster, from_xid, upto_xid,
    last_relation, last_entry, mark_xid, marks, sealed_at
)
values (
    %(number)s, %(chain_id)s, %(previous)s, %(root)s, %(entry_count)s, %(total_count)s,
    %(cluster)s, %(from_xid)s::text::xid8, %(upto_xid)s::text::xid8,
    %(last_relation)s, %(last_entry)s, %(mark_xid)s::text::xid8, %(marks)s::jsonb, %(sealed_at)s
)
returning number;
