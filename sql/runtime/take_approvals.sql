-- Take the approvals of a move that is being made, if there are enough: none of them counts again.
--
-- Returns  those that stand; they are taken where there are p_count of them
--
-- Called by the guard functions of a machine, which run as the owner of the schema; nobody else may
-- execute it. The row is locked by the move itself, and who withdraws meanwhile is waited for. A move
-- that is rolled back gives them back.

create or replace function interlock.take_approvals(
    p_machine text, p_key jsonb, p_event text, p_from text, p_entry bigint, p_count integer,
    p_is_distinct boolean, p_is_signed boolean
)
    returns bigint[]
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_mover constant text := interlock.person(p_is_signed);
    v_ids   bigint[];
    v_after bigint[];
begin
    loop
        v_ids := interlock.standing_approvals(
            p_machine, p_key, p_event, p_from, p_entry, p_is_distinct, p_is_signed, v_mover
        );
        if cardinality(v_ids) < p_count then
            return v_ids;
        end if;
        perform from interlock.approval as a
        where a.approval_id = any(v_ids)
        order by a.approval_id
        for update;
        v_after := interlock.standing_approvals(
            p_machine, p_key, p_event, p_from, p_entry, p_is_distinct, p_is_signed, v_mover
        );
        exit when v_after @> v_ids;
    end loop;
    update interlock.approval as a
    set consumed_at = clock_timestamp(), consumed_transaction = pg_current_xact_id()
    where a.approval_id = any(v_ids);
    return v_ids;
end;
$$;

comment on function interlock.take_approvals(
    text, jsonb, text, text, bigint, integer, boolean, boolean
) is 'Takes the approvals of a move that is being made, if there are enough.';

revoke execute on function interlock.take_approvals(
    text, jsonb, text, text, bigint, integer, boolean, boolean
) from public;
