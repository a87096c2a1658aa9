-- The floor for `checks: trigger`: the least that can keep the promises of bench/interlock.yaml, by hand.
--
-- One fused trigger with no more than the ten row rules, the moves and a typed history row: no
-- session facts but the role, no refusal texts, no pinned search path, no other role's rights.

create table booking_history (
    id                      bigint generated always as identity primary key,
    key_id                  bigint      not null,
    event                   text        not null,
    from_state              text,
    to_state                text        not null,
    at                      timestamptz not null default clock_timestamp(),
    old_assigned_room_id    bigint,
    new_assigned_room_id    bigint,
    session_role            name        not null default session_user
);

create function booking_row_is_sound(
    p_status text, p_assigned_room_id bigint, p_check_in date, p_check_out date,
    p_checked_in_at timestamptz, p_checked_out_at timestamptz, p_cancelled_at timestamptz,
    p_payment_captured_at timestamptz, p_refund_processed_at timestamptz, p_deposit numeric
) returns boolean language plpgsql immutable as $$
begin
    if p_status = 'PENDING' or p_status = 'PENDING_APPROVAL' or p_status = 'CONFIRMED'
        or p_status = 'NO_SHOW'
    then
        if p_checked_in_at is not null or p_checked_out_at is not null
            or p_cancelled_at is not null
        then
            return false;
        end if;
    elsif p_status = 'CHECKED_IN' then
        if p_checked_in_at is null or p_checked_out_at is not null or p_cancelled_at is not null
            or p_assigned_room_id is null or (p_deposit > 0) is not true
        then
            return false;
        end if;
    elsif p_status = 'CHECKED_OUT' then
        if p_checked_in_at is null or p_checked_out_at is null or p_cancelled_at is not null
            or p_assigned_room_id is null
        then
            return false;
        end if;
    elsif p_status = 'CANCELLED' then
        if p_checked_in_at is not null or p_checked_out_at is not null or p_cancelled_at is null
            or p_assigned_room_id is not null
        then
            return false;
        end if;
    else
        return false;
    end if;
    return (p_check_out > p_check_in) is true
        and (p_refund_processed_at is null or p_payment_captured_at is not null) is true;
end $$;

create function booking_guard() returns trigger language plpgsql as $$
declare
    v_event text;
begin
    if new.status = 'PENDING' or new.status = 'PENDING_APPROVAL' or new.status = 'CONFIRMED'
        or new.status = 'NO_SHOW'
    then
        if new.checked_in_at is not null or new.checked_out_at is not null
            or new.cancelled_at is not null
        then
            raise check_violation;
        end if;
    elsif new.status = 'CHECKED_IN' then
        if new.checked_in_at is null or new.checked_out_at is not null
            or new.cancelled_at is not null or new.assigned_room_id is null
            or (new.deposit > 0) is not true
        then
            raise check_violation;
        end if;
    elsif new.status = 'CHECKED_OUT' then
        if new.checked_in_at is null or new.checked_out_at is null
            or new.cancelled_at is not null or new.assigned_room_id is null
        then
            raise check_violation;
        end if;
    elsif new.status = 'CANCELLED' then
        if new.checked_in_at is not null or new.checked_out_at is not null
            or new.cancelled_at is null or new.assigned_room_id is not null
        then
            raise check_violation;
        end if;
    else
        raise check_violation;
    end if;
    if (new.check_out > new.check_in) is not true
        or (new.refund_processed_at is null or new.payment_captured_at is not null) is not true
    then
        raise check_violation;
    end if;

    if tg_op = 'INSERT' then
        if new.status is distinct from 'PENDING' then
            raise check_violation;
        end if;
        insert into booking_history (key_id, event, to_state, new_assigned_room_id)
        values (new.id, 'birth', new.status, new.assigned_room_id);
        return null;
    end if;
    if old.id is distinct from new.id then
        raise check_violation;
    end if;
    if old.status is distinct from new.status then
        if old.status = 'PENDING' then
            v_event := case new.status
                when 'PENDING_APPROVAL' then 'request_approval' when 'CONFIRMED' then 'confirm'
                when 'CANCELLED' then 'cancel' end;
        elsif old.status = 'PENDING_APPROVAL' then
            v_event := case new.status
                when 'PENDING' then 'send_back' when 'CONFIRMED' then 'confirm'
                when 'CANCELLED' then 'cancel' end;
        elsif old.status = 'CONFIRMED' then
            v_event := case new.status
                when 'CHECKED_IN' then 'check_in' when 'CANCELLED' then 'cancel'
                when 'NO_SHOW' then 'no_show' end;
        elsif old.status = 'CHECKED_IN' then
            v_event := case new.status when 'CHECKED_OUT' then 'check_out' end;
        end if;
        if v_event is null or v_event = 'confirm' and new.payment_captured_at is null then
            raise check_violation;
        end if;
        insert into booking_history (
            key_id, event, from_state, to_state, old_assigned_room_id, new_assigned_room_id
        )
        values (
            new.id, v_event, old.status, new.status, old.assigned_room_id, new.assigned_room_id
        );
    end if;
    return null;
end $$;

create constraint trigger booking_guard
    after insert or update on booking
    not deferrable
    for each row
    execute function booking_guard();

alter table booking enable always trigger booking_guard;
