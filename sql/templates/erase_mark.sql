-- Mark the entries of one key as erased: what stands for their values is kept, by the salt they
-- were sealed with, or by a new one that nobody keeps.

insert into interlock.erasure (relation_name, entry_id, commitment, erased, journal_id)
select
    :'history_name',
    a.id,
    :commitment,
    a.erasable,
    :journal_id
from (
    select
        a.*,
        coalesce(s.erasable, :erasable) as erasable,
        case when s.erasable is null then uuid_send(gen_random_uuid()) else s.salt end as salt
    from interlock.:"relation" as a
    left join lateral (
        select
            l.salt,
            t.erasable
        from interlock.seal_chunk as c
        join interlock.seal_tree as t
            on t.number = c.number and t.relation_name = c.relation_name and t.month = c.month
        cross join lateral unnest(c.entry_ids, c.salts) as l (id, salt)
        where
            c.relation_name = :'history_name'
            and c.last_id >= a.id
            and c.first_id <= a.id
            and l.id = a.id
    ) as s on true
    where
        :key_match
        and not exists (
            select from interlock.erasure as e
            where e.relation_name = :'history_name' and e.entry_id = a.id
        )
    offset 0
) as a
