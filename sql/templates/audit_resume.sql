-- No id of an entry is given out twice, not even after a history was dropped: seals name entries by
-- it.

select setval(pg_get_serial_sequence(:'qualified', 'id')::regclass, used.last_id)
from (
    select greatest(
        (select max(t.last_id) from interlock.seal_tree as t where t.relation_name = :'history_name'),
        (select max(e.entry_id) from interlock.erasure as e where e.relation_name = :'history_name')
    ) as last_id
) as used
where used.last_id is not null;
