-- The three races of the report, each with two real sessions.
--
-- "first" writes and stays open; "second" has read the booking before that, writes, and waits for the
-- row; then "first" commits, and "second" goes on. Both commit. "proof" reads what is stored then.

-- race: race 1: check-in against cancellation
-- writer: check-in view, staff_views.py:1942
-- code: IL01
-- first:
update hotel.room_booking set status = 'CANCELLED', cancelled_at = now(), assigned_room_id = null
where id = 10;
-- second:
update hotel.room_booking
set status = 'CHECKED_IN', checked_in_at = now(), cancelled_at = null, assigned_room_id = 4
where id = 10;
-- proof:
select status = 'CHECKED_IN' from hotel.room_booking where id = 10;

-- race: race 2: payment webhook against confirmation
-- writer: payment webhook, payment_views.py:435
-- code: IL01
-- first:
update hotel.room_booking set status = 'CONFIRMED' where id = 11;
-- second:
update hotel.room_booking set status = 'PENDING_APPROVAL' where id = 11;
-- proof:
select status = 'PENDING_APPROVAL' from hotel.room_booking where id = 11;

-- race: race 3: room assignment against cancellation
-- writer: room service, room_assignment.py:203
-- code: IL13
-- first:
update hotel.room_booking set status = 'CANCELLED', cancelled_at = now() where id = 12;
-- second:
update hotel.room_booking set assigned_room_id = 6 where id = 12;
-- proof:
select status = 'CANCELLED' and assigned_room_id = 6 from hotel.room_booking where id = 12;
