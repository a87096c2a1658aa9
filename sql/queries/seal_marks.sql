-- The newest mark that holds for transactions from one on: below these ids there is none of theirs.

select s.marks
from interlock.seal as s
where
    s.cluster = %(cluster)s
    and s.mark_xid <= %(from_xid)s::text::xid8
order by s.number desc
limit 1;
