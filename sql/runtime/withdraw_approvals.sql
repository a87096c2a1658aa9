-- Withdraw all approvals of one event of a row that this session has given and no move has taken.
--
-- Returns  machine, key, event, and how many were withdrawn
--
-- Called by the function of a machine that may (interlock.<machine>_approval). It locks them in the
-- order in which a move does.

create or replace function interlock.withdraw_approvals(
    p_machine text, p_key jsonb, p_event text, p_is_signed boolean
)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_person constant text := interlock.person(p_is_signed);
    v_ids    bigint[];
    v_count  integer;
begin
    v_ids := array(
        select a.approval_id
        from interlock.approval as a
        where
            a.machine_name = p_machine
            and a.key = p_key
            and a.event = p_event
            and a.withdrawn_at is null
            and a.consumed_at is null
            and case
                when not p_is_signed then a.session_role
                when a.signed_by is not null then a.actor
            end = v_person
        order by a.approval_id
        for update
    );
    update interlock.approval as a
    set withdrawn_at = clock_timestamp(), withdrawn_by = session_user
    where a.approval_id = any(v_ids);
    get diagnostics v_count := row_count;
    return jsonb_build_object(
        'machine', p_machine, 'key', p_key, 'event', p_event, 'withdrawn', v_count
    );
end;
$$;

comment on function interlock.withdraw_approvals(text, jsonb, text, boolean) is
'Withdraws the approvals that this session has given; returns how many they were.';

revoke execute on function interlock.withdraw_approvals(text, jsonb, text, boolean) from public;
