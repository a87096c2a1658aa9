-- The ten row rules of bench/interlock.yaml, each a CHECK of its own, written by hand.

alter table booking
    add constraint booking_known_state check (
        (status in (
            'PENDING', 'PENDING_APPROVAL', 'CONFIRMED', 'CHECKED_IN', 'CHECKED_OUT', 'CANCELLED',
            'NO_SHOW'
        )) is true
    ),
    add constraint booking_checked_in_at check (
        (status in ('CHECKED_IN', 'CHECKED_OUT')) = (checked_in_at is not null)
    ),
    add constraint booking_checked_out_at check (
        (status in ('CHECKED_OUT')) = (checked_out_at is not null)
    ),
    add constraint booking_cancelled_at check (
        (status in ('CANCELLED')) = (cancelled_at is not null)
    ),
    add constraint booking_checked_in_has_room check (
        (status <> 'CHECKED_IN' or assigned_room_id is not null) is true
    ),
    add constraint booking_checked_out_has_room check (
        (status <> 'CHECKED_OUT' or assigned_room_id is not null) is true
    ),
    add constraint booking_cancelled_has_no_room check (
        (status <> 'CANCELLED' or assigned_room_id is null) is true
    ),
    add constraint booking_stay_has_nights check ((check_out > check_in) is true),
    add constraint booking_refund_needs_capture check (
        (refund_processed_at is null or payment_captured_at is not null) is true
    ),
    add constraint booking_deposit_on_arrival check (
        (status <> 'CHECKED_IN' or deposit > 0) is true
    );
