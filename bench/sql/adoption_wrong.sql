-- The bookings that are wrong, by hand and not by our rules: how many.

select count(*) as wrong
from hotel.room_booking as b
where
    (b.status in (
        'PENDING', 'PENDING_APPROVAL', 'CONFIRMED', 'CHECKED_IN', 'CHECKED_OUT', 'CANCELLED', 'NO_SHOW'
    )) is not true
    or (b.status in ('CHECKED_IN', 'CHECKED_OUT')) <> (b.checked_in_at is not null)
    or (b.status = 'CHECKED_OUT') <> (b.checked_out_at is not null)
    or (b.status = 'CANCELLED') <> (b.cancelled_at is not null)
    or (b.status in ('CHECKED_IN', 'CHECKED_OUT') and b.assigned_room_id is null)
    or (b.status = 'CANCELLED' and b.assigned_room_id is not null)
    or b.check_out <= b.check_in
    or (b.refund_processed_at is not null and b.payment_captured_at is null);
