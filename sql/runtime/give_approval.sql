-- Give an approval, of this session; where persons must differ, one that stands is not given again.
--
-- Returns  machine, key, event, state, how many stand and how many are missing
-- Raises   40001 where others have approved since the snapshot
--
-- Called by the function of a machine that may (interlock.<machine>_approval). Who approves the same at
-- the same time takes the next place: he waits for the others, and counts them.

create or replace function interlock.give_approval(
    p_machine text, p_key jsonb, p_event text, p_from text, p_entry bigint, p_count integer,
    p_is_distinct boolean, p_is_signed boolean, p_reason text
)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_person constant text := interlock.person(p_is_signed);
    v_signed text[];
    v_ids    bigint[];
begin
    if p_is_signed then
        v_signed := interlock.read_token(current_setting('interlock.token', true));
    end if;
    loop
        v_ids := interlock.standing_approvals(
            p_machine, p_key, p_event, p_from, p_entry, p_is_distinct, p_is_signed, ''
        );
        exit when p_is_distinct and exists (
            select from interlock.approval as a
            where
                a.approval_id = any(v_ids)
                and case when p_is_signed then a.actor else a.session_role end = v_person
        );
        insert into interlock.approval (
            machine_name, key, event, from_state, entry_id, place, version, actor, signed_by, reason
        )
        values (
            p_machine, p_key, p_event, p_from, p_entry,
            1 + coalesce((
                select max(a.place) from interlock.approval as a
                where
                    a.machine_name = p_machine
                    and a.key = p_key
                    and a.event = p_event
                    and a.entry_id = p_entry
            ), 0),
            (select m.version from interlock.machine as m where m.machine_name = p_machine),
            coalesce(v_signed[1], nullif(current_setting('interlock.actor', true), '')),
            v_signed[2],
            coalesce(
                nullif(btrim(p_reason), ''), nullif(current_setting('interlock.reason', true), '')
            )
        )
        on conflict on constraint approval_in_turn do nothing;
        if found then
            v_ids := interlock.standing_approvals(
                p_machine, p_key, p_event, p_from, p_entry, p_is_distinct, p_is_signed, ''
            );
            exit;
        end if;
    end loop;
    return jsonb_build_object(
        'machine', p_machine, 'key', p_key, 'event', p_event, 'from', p_from,
        'approvals', cardinality(v_ids), 'missing', greatest(p_count - cardinality(v_ids), 0)
    );
end;
$$;

comment on function interlock.give_approval(
    text, jsonb, text, text, bigint, integer, boolean, boolean, text
) is 'Gives an approval of a move; returns how many there are, and how many are missing.';

revoke execute on function interlock.give_approval(
    text, jsonb, text, text, bigint, integer, boolean, boolean, text
) from public;
