-- The life of booking 42, one transaction for each step, and two writes on the way that are refused.
--
-- "writer" is handed to interlock.act_as as the actor, "reason" as the reason.

-- life: begin
-- writer: guest:311
-- reason: booked online
insert into hotel.room_booking (
    id, hotel_id, room_type, check_in, check_out, nightly_rate, deposit, payment_authorized_at
)
values (42, 1, 'A', current_date, current_date + 2, 120, 120, now());

-- life: request_approval
-- writer: guest:311
-- reason: asked for an early arrival
update hotel.room_booking set status = 'PENDING_APPROVAL' where id = 42;

-- life: confirm too early
-- writer: staff:7
-- reason: clicked before the payment came
-- code: IL04
update hotel.room_booking set status = 'CONFIRMED' where id = 42;

-- life: payment
-- writer: payments
-- reason: captured by the webhook
update hotel.room_booking set payment_captured_at = now() where id = 42;

-- life: confirm
-- writer: staff:7
-- reason: paid
update hotel.room_booking set status = 'CONFIRMED' where id = 42;

-- life: check in without a room
-- writer: staff:9
-- reason: the guest is waiting
-- code: IL13
update hotel.room_booking set status = 'CHECKED_IN' where id = 42;

-- life: check_in
-- writer: staff:9
-- reason: given room P5
update hotel.room_booking set status = 'CHECKED_IN', assigned_room_id = 5 where id = 42;

-- life: check_out
-- writer: staff:4
-- reason: left early
update hotel.room_booking set status = 'CHECKED_OUT' where id = 42;
