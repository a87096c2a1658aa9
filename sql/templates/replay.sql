-- A history against itself and against the rows, in one ordered pass: is anything broken at all?
--
-- The rows of the table come last in the life of their key, as entries that stand for "now"; so
-- one sort serves all, and nothing is joined. An entry without a state after it ends a life: its
-- mark is a character that no state has. Where nothing is broken, every key but those that died
-- ends with its row. A bypass may give a key that died another life.

select
    count(*) filter (where is_broken) as broken_count,
    count(*) filter (where is_first)
    - count(*) filter (where kind in ('row', 'death', 'lifted death')) as gone_count,
    count(*) filter (where is_first and kind not in ('birth', 'lifted birth')) as adopted_count,
    coalesce(
        sum(hash_record_extended(row(:key_list, from_state), 0))
            filter (where is_first and kind not in ('birth', 'lifted birth')), 0
    ) as adopted_digest
from (
    select
        :key_list,
        kind,
        from_state,
        before is null or (before = e'\x01' and kind = 'lifted birth') as is_first,
        case
            when before is null then false
            when kind = 'birth' then true
            when kind = 'lifted birth' then before <> e'\x01'
            else (before is distinct from from_state)
        end
        or case
            when kind = 'row' then false
            else
                :legality
        end as is_broken
    from (
        select
            :key_list,
            id,
            kind,
            event,
            from_state,
            to_state,
            lag(coalesce(to_state, e'\x01')) over life as before
        from (
            select :key_list, id, :kind_of as kind, event, from_state, to_state
            from interlock.:"audit_name" as a
            where id > :adopted_after and :is_kept
            union all
            select :row_key, 9223372036854775807, 'row', null, (:row_state)::text, null
            from :relation as t
        ) as entry
        window life as (partition by :key_list order by id)
    ) as life
) as judged
