-- Rows that are written by hand.
\set ON_ERROR_STOP on
update hotel.room_booking set status = 'CONFIRMED' where id = 1;  -- expect: lint-raw-update
update hotel.room_booking set status = 'CHECKED_IN' where status = 'CONFIRMED';  -- expect: lint-raw-update
update hotel.room_booking b set (status, note) = (select 'X', 'y') where b.id = 1;  -- expect: lint-raw-update
update hotel.room_booking set checked_in_at = now() where status = 'CHECKED_IN';  -- expect: lint-raw-update
update hotel.room_booking set check_in = check_in + 1;  -- expect: lint-raw-update
update hotel.room set is_occupied = false;  -- expect: lint-raw-update
update room_booking set status = :'state';  -- expect: lint-raw-update
with gone as (
    delete from hotel.room_booking returning *  -- expect: lint-raw-delete
)
insert into hotel.old_booking select * from gone;
delete from hotel.room_booking where status in ('PENDING', 'CONFIRMED');  -- expect: lint-raw-delete
insert into hotel.room_booking (id, status) values (1, 'PENDING'), (2, 'CONFIRMED');  -- expect: lint-raw-insert
insert into hotel.room_booking (id, status) select id, status from imported;  -- expect: lint-raw-insert
insert into hotel.room_booking values (1, 'PENDING');  -- expect: lint-raw-insert
insert into hotel.room_booking (id, status) values (1, 'PENDING')
on conflict (id) do update set status = excluded.status;  -- expect: lint-raw-update
merge into hotel.room_booking b using moved m on b.id = m.id  -- expect: lint-raw-merge, lint-raw-merge, lint-raw-merge
when matched and m.gone then delete
when matched then update set status = m.status
when not matched then insert (id, status) values (m.id, 'CONFIRMED');
truncate hotel.room, hotel.guest cascade;  -- expect: lint-truncate
copy hotel.room_booking (id, status) from stdin;  -- expect: lint-raw-copy
1	CONFIRMED
2	drop table hotel.room_booking;
\.
\copy hotel.room_booking (id, status) from 'bookings.csv' csv header
-- expect: lint-raw-copy -1
\copy hotel.guest from 'guests.csv' csv
\copy (select * from hotel.room_booking) to 'bookings.csv' csv
set search_path to hotel, public;
update room_booking set status = 'CANCELLED';  -- expect: lint-raw-update
set search_path to archive;
update room_booking set status = 'CANCELLED';
update depot_parcel set status = 'SENT' where status = 'PACKED';
