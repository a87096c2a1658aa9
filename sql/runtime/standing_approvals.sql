-- The approvals of a move that stand, for a row as it is: one of each person, if they are to differ.
--
-- Not those of the mover then; p_mover is null where he is not known, and nothing counts; '' where
-- none is asked for. A person is the actor whom a token has proved, where actors are signed, else the
-- role that logged in: not an actor who was only claimed, for one login could claim two.
--
-- An approval lapses with the next entry of the row's history (p_entry is the last one). It also does
-- where its history is no whole one any more, as the month has gone with its retention; and where the
-- machine has been taken off since, or has had a version that did not ask for it.

create or replace function interlock.standing_approvals(
    p_machine text, p_key jsonb, p_event text, p_from text, p_entry bigint,
    p_is_distinct boolean, p_is_signed boolean, p_mover text
)
    returns bigint[]
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select min(a.approval_id)
        from (
            select
                p.*,
                case
                    when not p_is_signed then p.session_role
                    when p.signed_by is not null then p.actor
                end as person
            from interlock.approval as p
            where
                p.machine_name = p_machine
                and p.key = p_key
                and p.event = p_event
                and p.entry_id = p_entry
                and p.from_state = p_from
                and p.withdrawn_at is null
                and p.consumed_at is null
        ) as a
        where
            a.person is not null
            and (not p_is_distinct or a.person <> p_mover)
            and not exists (
                select from interlock.machine_version as v
                where
                    v.machine_name = p_machine
                    and v.version > a.version
                    and not v.definition -> 'transitions' @> jsonb_build_array(jsonb_build_object(
                        'event', p_event, 'from_state', p_from, 'approvals', '{}'::jsonb
                    ))
            )
            and not exists (
                select from interlock.journal as j
                where
                    j.machine_name = p_machine
                    and j.event = 'install'
                    and (j.detail ->> 'version')::integer > a.version
            )
            and not exists (
                select from interlock.retained as r
                where
                    r.relation_name = p_machine || '_audit'
                    and r.month >= date_trunc('month', a.at at time zone 'UTC')::date
            )
        group by case when p_is_distinct then a.person else a.approval_id::text end
        order by 1
    );
end;
$$;

comment on function interlock.standing_approvals(
    text, jsonb, text, text, bigint, boolean, boolean, text
) is 'The approvals of a move that stand, for a row as it is.';

revoke execute on function interlock.standing_approvals(
    text, jsonb, text, text, bigint, boolean, boolean, text
) from public;
