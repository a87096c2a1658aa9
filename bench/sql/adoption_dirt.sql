-- Make 8 in 100 bookings as the report found them: times without their state, states without their
-- times, rooms held by cancelled bookings, refunds of what was never paid.

update hotel.room_booking as b set
    checked_in_at = case
        when b.status = 'CHECKED_IN' then null
        when b.status = 'CHECKED_OUT' and b.id % 2 = 0 then null
        when b.status = 'CANCELLED' and b.id % 4 = 2 then b.updated_at
        when b.status in ('PENDING', 'PENDING_APPROVAL', 'CONFIRMED', 'NO_SHOW') and b.id % 2 = 0
            then b.updated_at
        else b.checked_in_at
    end,
    checked_out_at = case
        when b.status = 'CHECKED_OUT' and b.id % 2 = 1 then null
        else b.checked_out_at
    end,
    cancelled_at = case
        when b.status = 'CANCELLED' and b.id % 4 = 0 then null
        when b.status in ('PENDING', 'PENDING_APPROVAL', 'CONFIRMED', 'NO_SHOW') and b.id % 2 = 1
            then b.updated_at
        else b.cancelled_at
    end,
    assigned_room_id = case
        when b.status = 'CANCELLED' and b.id % 4 = 1 then (select min(r.id) from hotel.room as r)
        else b.assigned_room_id
    end,
    refund_processed_at = case
        when b.status = 'CANCELLED' and b.id % 4 = 3 then b.updated_at
        else b.refund_processed_at
    end,
    payment_captured_at = case
        when b.status = 'CANCELLED' and b.id % 4 = 3 then null
        else b.payment_captured_at
    end
where b.id > 100 and b.id % 25 in (1, 2);
