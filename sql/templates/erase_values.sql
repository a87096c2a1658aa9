-- Take the values that an erasure names, and the salts they were sealed with.

update interlock.:"relation" as a
set :assignments
from interlock.erasure as e
where
    e.relation_name = :'history_name'
    and e.entry_id = a.id
    and e.journal_id = :journal_id;

update interlock.seal_chunk as c
set salts = array(
    select case when e.entry_id is null then l.salt end
    from unnest(c.entry_ids, c.salts) with ordinality as l (id, salt, place)
    left join interlock.erasure as e
        on e.relation_name = :'history_name' and e.entry_id = l.id and e.journal_id = :journal_id
    order by l.place
)
where
    c.relation_name = :'history_name'
    and exists (
        select from interlock.erasure as e
        where
            e.relation_name = :'history_name'
            and e.journal_id = :journal_id
            and e.entry_id between c.first_id and c.last_id
            and e.entry_id = any(c.entry_ids)
    );
