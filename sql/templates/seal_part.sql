-- Seal the entries of one range of ids in a window of transactions: leaves, chunks, trees.
--
-- The salts come from one secret that is gone with this statement: none tells of another.

with secret as materialized (
    select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) as word
),

entry as materialized (
    select
        a.id,
        a.month,
        a.salt,
        :leaf as leaf
    from (
        select
            a.*,
            date_trunc('month', a.at at time zone 'UTC')::date as month,
            case when e.entry_id is null
                then substr(sha256(s.word || int8send(a.id)), 1, 16)
            end as salt,
            e.commitment as committed
        from interlock.:"relation" as a
        cross join secret as s
        left join interlock.erasure as e
            on e.relation_name = :'relation' and e.entry_id = a.id
        where
            a.id > :after_id
            and a.id <= :upto_id
            and (
                (a.transaction_id >= ':from_xid' and a.transaction_id < ':upto_xid')
                or (
                    :is_restored = 1
                    and a.transaction_id >= pg_snapshot_xmax(pg_current_snapshot())
                )
            )
            and not exists (
                select
                from interlock.seal_chunk as c
                where
                    c.relation_name = :'relation'
                    and c.last_id >= a.id
                    and c.first_id <= a.id
                    and a.id = any(c.entry_ids)
            )
        offset 0
    ) as a
),

chunk as (
    insert into interlock.seal_chunk (
        number, relation_name, month, place, first_id, last_id, hash, entry_ids, leaves, salts
    )
    select
        :number,
        :'relation',
        p.month,
        p.place,
        min(p.id),
        max(p.id),
        sha256('\x01'::bytea || string_agg(p.leaf, ''::bytea order by p.id)),
        array_agg(p.id order by p.id),
        array_agg(p.leaf order by p.id),
        array_agg(p.salt order by p.id)
    from (
        select
            e.*,
            :first_place + (row_number() over (partition by e.month order by e.id) - 1) / 256
                as place
        from entry as e
    ) as p
    group by p.month, p.place
    returning month, place, first_id, last_id, hash, cardinality(entry_ids) as entry_count
)

select sum(c.entry_count)::bigint as entry_count from chunk as c;
