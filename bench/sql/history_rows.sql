-- Take every booking back to its initial state: each then gets a life.

update booking set
    status = 'PENDING', checked_in_at = null, checked_out_at = null, cancelled_at = null,
    assigned_room_id = null, payment_captured_at = coalesce(payment_captured_at, updated_at);
