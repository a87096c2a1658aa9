-- Seal the entries of one range of ids in a window of transactions: their leaves, in chunks.
--
-- The salts come from one secret that is gone with this statement: none of them tells of another.
-- The aggregates take the entries in the order of the subquery; in another they would still agree.

with secret as materialized (
    select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) as word
),

chunk as (
    insert into interlock.seal_chunk (
        number, relation_name, month, place, first_id, last_id, hash, entry_ids, leaves, salts
    )
    select
        :seal_number,
        :'history_name',
        p.month,
        p.place,
        min(p.id),
        max(p.id),
        sha256(decode('01', 'hex') || string_agg(p.leaf, ''::bytea)),
        array_agg(p.id),
        array_agg(p.leaf),
        array_agg(p.salt)
    from (
        select
            e.month,
            :first_place + (row_number() over (partition by e.month order by e.id)) / :chunk_size
                as place,
            e.id,
            e.leaf,
            e.salt
        from (
            select
                a.id,
                a.month,
                a.salt,
                :leaf as leaf
            from (
                select
                    a.*,
                    date_trunc('month', a.at at time zone 'UTC')::date as month,
                    case
                        when e.entry_id is null
                            then substr(sha256(s.word || int8send(a.id)), 1, 16)
                    end as salt,
                    e.commitment
                from interlock.:"relation" as a
                cross join secret as s
                left join interlock.erasure as e
                    on e.relation_name = :'history_name' and e.entry_id = a.id
                where
                    a.id > :after_id
                    and a.id <= :upto_id
                    and :in_window
                    and a.id not in (
                        select unnest(c.entry_ids)
                        from interlock.seal_chunk as c
                        where
                            c.relation_name = :'history_name'
                            and c.last_id > :after_id
                            and c.first_id <= :upto_id
                    )
                offset 0
            ) as a
            offset 0
        ) as e
        order by e.month, place, e.id
    ) as p
    group by p.month, p.place
    returning place, cardinality(entry_ids) as entry_count
)

select
    coalesce(sum(c.entry_count), 0)::bigint as entry_count,
    max(c.place) as last_place
from chunk as c
