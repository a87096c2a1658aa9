-- The defects of the report, one after the other: what the application writes, and what shows that
-- the wrong state is really stored.
--
-- "defect" is its title, "writer" who wrote it by the report's write map, "code" the rule that must
-- refuse it. Bookings 1 to 9 stand in one state each (played.sql). Each block runs in a transaction
-- that is rolled back.

-- defect: an unpaid booking is confirmed
-- writer: confirm view, staff_views.py:1347
-- code: IL04
update hotel.room_booking set status = 'CONFIRMED' where id = 2;
-- proof:
select status = 'CONFIRMED' and payment_captured_at is null from hotel.room_booking where id = 2;

-- defect: three bookings are created as CONFIRMED
-- writer: bulk view, staff_views.py:3216
-- code: IL02
insert into hotel.room_booking (id, hotel_id, status, room_type, check_in, check_out, nightly_rate)
values
    (21, 1, 'CONFIRMED', 'A', current_date + 9, current_date + 11, 98),
    (22, 1, 'CONFIRMED', 'A', current_date + 9, current_date + 11, 98),
    (23, 1, 'CONFIRMED', 'A', current_date + 9, current_date + 11, 98);
-- proof:
select count(*) = 3 from hotel.room_booking where id in (21, 22, 23) and status = 'CONFIRMED';

-- defect: a finished booking is confirmed again
-- writer: confirm view, staff_views.py:1347
-- code: IL01
update hotel.room_booking
set status = 'CONFIRMED', checked_in_at = null, checked_out_at = null
where id = 7;
-- proof:
select status = 'CONFIRMED' from hotel.room_booking where id = 7;

-- defect: the booking of a guest in the house is cancelled
-- writer: cancel view, staff_views.py:1461
-- code: IL01
update hotel.room_booking
set status = 'CANCELLED', cancelled_at = now(), checked_in_at = null
where id = 6;
-- proof:
select status = 'CANCELLED' from hotel.room_booking where id = 6;

-- defect: a guest is checked in to a cancelled booking
-- writer: check-in view, staff_views.py:1942
-- code: IL01
update hotel.room_booking
set status = 'CHECKED_IN', checked_in_at = now(), cancelled_at = null, assigned_room_id = 5
where id = 8;
-- proof:
select status = 'CHECKED_IN' from hotel.room_booking where id = 8;

-- defect: a booking jumps from PENDING to CHECKED_OUT
-- writer: any client
-- code: IL01
update hotel.room_booking
set status = 'CHECKED_OUT', checked_in_at = now(), checked_out_at = now(), assigned_room_id = 5
where id = 1;
-- proof:
select status = 'CHECKED_OUT' from hotel.room_booking where id = 1;

-- defect: a confirmed booking falls back to PENDING_APPROVAL
-- writer: payment webhook, payment_views.py:435
-- code: IL01
update hotel.room_booking set status = 'PENDING_APPROVAL' where id = 4;
-- proof:
select status = 'PENDING_APPROVAL' from hotel.room_booking where id = 4;

-- defect: a no-show is turned into a stay
-- writer: check-in view, staff_views.py:1942
-- code: IL01
update hotel.room_booking
set status = 'CHECKED_IN', checked_in_at = now(), assigned_room_id = 5
where id = 9;
-- proof:
select status = 'CHECKED_IN' from hotel.room_booking where id = 9;

-- defect: checked_in_at is set, the status stays CONFIRMED
-- writer: check-in view, staff_views.py:1942
-- code: IL12
update hotel.room_booking set checked_in_at = now() where id = 4;
-- proof:
select status = 'CONFIRMED' and checked_in_at is not null from hotel.room_booking where id = 4;

-- defect: checked_in_at is lost, the status stays CHECKED_IN
-- writer: detail view, staff_views.py:2510
-- code: IL12
update hotel.room_booking set checked_in_at = null where id = 6;
-- proof:
select status = 'CHECKED_IN' and checked_in_at is null from hotel.room_booking where id = 6;

-- defect: a checked-out booking loses its time of departure
-- writer: any client
-- code: IL12
update hotel.room_booking set checked_out_at = null where id = 7;
-- proof:
select status = 'CHECKED_OUT' and checked_out_at is null from hotel.room_booking where id = 7;

-- defect: the time of a check-in is dated back
-- writer: detail view, staff_views.py:2510
-- code: IL07
update hotel.room_booking set checked_in_at = checked_in_at - interval '2 days' where id = 6;
-- proof:
select checked_in_at < now() - interval '2 days' from hotel.room_booking where id = 6;

-- defect: a guest is checked in without a room
-- writer: check-in view, staff_views.py:1942
-- code: IL13
update hotel.room_booking set status = 'CHECKED_IN', checked_in_at = now() where id = 5;
-- proof:
select status = 'CHECKED_IN' and assigned_room_id is null from hotel.room_booking where id = 5;

-- defect: the room is taken from a guest in the house
-- writer: detail view, staff_views.py:2352
-- code: IL13
update hotel.room_booking set assigned_room_id = null where id = 6;
-- proof:
select status = 'CHECKED_IN' and assigned_room_id is null from hotel.room_booking where id = 6;

-- defect: a cancelled booking is given a room
-- writer: room service, room_assignment.py:203
-- code: IL13
update hotel.room_booking set assigned_room_id = 5 where id = 8;
-- proof:
select status = 'CANCELLED' and assigned_room_id = 5 from hotel.room_booking where id = 8;

-- defect: any string is a status
-- writer: any client
-- code: IL11
update hotel.room_booking set status = 'Confirmed ' where id = 3;
-- proof:
select status = 'Confirmed ' from hotel.room_booking where id = 3;

-- defect: the status is null
-- writer: any client
-- code: IL11
update hotel.room_booking set status = null where id = 3;
-- proof:
select status is null from hotel.room_booking where id = 3;

-- defect: a finished stay is given another room
-- writer: move service, room_move.py:164
-- code: IL07
update hotel.room_booking set assigned_room_id = 5 where id = 7;
-- proof:
select assigned_room_id = 5 from hotel.room_booking where id = 7;

-- defect: a finished stay is made longer
-- writer: any client
-- code: IL07
update hotel.room_booking set check_out = check_out + 4 where id = 7;
-- proof:
select check_out - check_in = 7 from hotel.room_booking where id = 7;

-- defect: a booking takes another number and leaves its history
-- writer: any psql session
-- code: IL07
update hotel.room_booking set id = 24 where id = 7;
-- proof:
select count(*) = 1 from hotel.room_booking where id = 24;

-- defect: a refund is paid out that was never captured
-- writer: cancel service, booking_management.py:353
-- code: IL14
update hotel.room_booking set refund_processed_at = now() where id = 2;
-- proof:
select refund_processed_at is not null and payment_captured_at is null
from hotel.room_booking where id = 2;

-- defect: a cancelled booking is deleted, and its traces with it
-- writer: any psql session
-- code: IL03
delete from hotel.room_booking where id = 8;
-- proof:
select count(*) = 0 from hotel.room_booking where id = 8;

-- defect: a cancelled booking is deleted and born again as PENDING
-- writer: any psql session
-- code: IL03
delete from hotel.room_booking where id = 8;
insert into hotel.room_booking (id, hotel_id, status, room_type, check_in, check_out, nightly_rate)
values (8, 1, 'PENDING', 'A', current_date, current_date + 3, 98);
-- proof:
select status = 'PENDING' from hotel.room_booking where id = 8;

-- defect: the whole table is emptied
-- writer: a forgotten cron job
-- code: IL03
truncate hotel.room_booking;
-- proof:
select count(*) = 0 from hotel.room_booking;

-- defect: a booking is cancelled without a reason
-- writer: cancel view, staff_views.py:1461
-- code: IL06
update hotel.room_booking set status = 'CANCELLED', cancelled_at = now() where id = 4;
-- proof:
select status = 'CANCELLED' from hotel.room_booking where id = 4;

-- defect: two bookings hold one room on the same nights
-- writer: room service, room_assignment.py:203
-- code: IL15
update hotel.room_booking set assigned_room_id = 1 where id = 5;
-- proof:
select count(*) = 2 from hotel.room_booking
where assigned_room_id = 1 and status = 'CONFIRMED' and check_in = current_date;
