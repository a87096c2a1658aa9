-- The legal twins: honest work beside each defect, which must go on passing.

-- legal: a paid booking is confirmed
-- writer: confirm view
update hotel.room_booking set status = 'CONFIRMED' where id = 3;
-- proof:
select status = 'CONFIRMED' from hotel.room_booking where id = 3;

-- legal: a new booking begins as PENDING
-- writer: booking view
insert into hotel.room_booking (id, hotel_id, status, room_type, check_in, check_out, nightly_rate)
values (21, 1, 'PENDING', 'A', current_date + 9, current_date + 11, 98);
-- proof:
select status = 'PENDING' from hotel.room_booking where id = 21;

-- legal: a check-in without its time: the machine writes it
-- writer: check-in view
update hotel.room_booking set status = 'CHECKED_IN', checked_in_at = null where id = 4;
-- proof:
select status = 'CHECKED_IN' and checked_in_at is not null from hotel.room_booking where id = 4;

-- legal: a check-out
-- writer: checkout service
update hotel.room_booking set status = 'CHECKED_OUT', checked_out_at = now() where id = 6;
-- proof:
select status = 'CHECKED_OUT' from hotel.room_booking where id = 6;

-- legal: a cancellation: the machine takes the room back
-- writer: cancel service
update hotel.room_booking set status = 'CANCELLED', cancelled_at = now() where id = 4;
-- proof:
select status = 'CANCELLED' and assigned_room_id is null from hotel.room_booking where id = 4;

-- legal: a guest in the house moves to another room
-- writer: move service
update hotel.room_booking set assigned_room_id = 5 where id = 6;
-- proof:
select status = 'CHECKED_IN' and assigned_room_id = 5 from hotel.room_booking where id = 6;

-- legal: a captured payment is refunded after a cancellation
-- writer: cancel service
update hotel.room_booking set refund_processed_at = now() where id = 8;
-- proof:
select refund_processed_at is not null from hotel.room_booking where id = 8;

-- legal: the number of guests of a finished stay is corrected
-- writer: detail view
update hotel.room_booking set adults = 1 where id = 7;
-- proof:
select adults = 1 from hotel.room_booking where id = 7;
