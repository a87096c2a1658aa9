-- The chain of seals, oldest first; all of it, or its end.

select s.*
from (
    select
        s.number,
        s.chain_id::text as chain_id,
        s.previous,
        s.root,
        s.entry_count,
        s.total_count,
        s.cluster,
        s.from_xid::text::bigint as from_xid,
        s.upto_xid::text::bigint as upto_xid,
        s.last_relation,
        s.last_entry,
        s.sealed_at
    from interlock.seal as s
    order by s.number desc
    limit %(row_limit)s
) as s
order by s.number;
