-- What the one CHECK over a compiled function adds to floor_trigger.sql: the floor for
-- `checks: function`.

alter table booking
    add constraint booking_row check (
        booking_row_is_sound(
            status, assigned_room_id, check_in, check_out, checked_in_at, checked_out_at,
            cancelled_at, payment_captured_at, refund_processed_at, deposit
        )
    );
