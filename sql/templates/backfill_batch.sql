-- Repair the rows of one range of keys, and record each.
--
-- A row is judged again once it is locked: what a user has written meanwhile counts. A row that
-- somebody holds is left for later.

with seen as materialized (
    select :key_fields
    from :relation as r
    where
        :in_span_seen
        and :candidate_seen
),

held as materialized (
    select r.*
    from :relation as r
    where
        :in_span_seen
        and :keys_seen in (select :seen_key from seen as x)
        and :candidate_seen
    for update of r skip locked
),

judged as materialized (
    select
        :stage_key,
        :key_values as key_values,
        :key_json as row_key,
        (:is_changed) as is_changed,
        v.is_sound,
        case when v.is_sound then '{}' else :broken_after end as broken,
        :applied as applied,
        :provenance as provenance,
        case when not v.is_sound then :others end as others,
        :entry_values,
        :new_values
    from held as s0
:stages
    cross join lateral (
        select :is_sound as is_sound
        from (values (1)) as once (one)
        offset 0
    ) as v
),

written as (
    update :relation as t
    set :assignments
    from judged as j
    where
        j.is_changed
        and j.is_sound
        and :same_key
        and :in_span_written
    returning 1
),

told as (
    insert into interlock.:"audit_name" (kind, actor, reason, statement, :entry_columns)
    select 'backfill', :'actor', j.provenance, :'statement', :entry_names
    from judged as j
    where j.is_changed and j.is_sound
    returning 1
),

quarantined as (
    insert into interlock.backfill_row (job_id, key_values, key, state_name, rules, reason)
    select
        :job_id,
        j.key_values,
        j.row_key,
        'quarantined',
        array(select (:rule_names)[n + 1] from unnest(j.broken) as b (n)),
        case
            when j.applied = '{}' then 'no repair for it'
            when not j.is_changed then 'its repairs change nothing'
            else 'still broken after '
                || array_to_string(
                    array(select (:repair_names)[n + 1] from unnest(j.applied) as a (n)), ', '
                )
        end || coalesce('; ' || j.others, '')
    from judged as j
    where not j.is_sound and (:is_whole or j.applied <> '{}')
    on conflict on constraint backfill_row_pk do update
        set state_name = 'quarantined', rules = excluded.rules, reason = excluded.reason
    returning 1
),

locked as (
    insert into interlock.backfill_row (job_id, key_values, key, state_name, reason)
    select :job_id, :key_of_seen, :key_json_seen, 'locked', 'somebody held it, or wrote it meanwhile'
    from seen as x
    where not exists (select from held as h where :not_held)
    on conflict on constraint backfill_row_pk do nothing
    returning 1
)

select
    (select count(*) from written) as repaired_count,
    (select count(*) from told) as told_count,
    (select count(*) from quarantined) as quarantined_count,
    (select count(*) from locked) as locked_count
