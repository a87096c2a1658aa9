-- A state that loses its value.
create table hotel.room_booking_is_there (status booking_status);
alter table hotel.room_booking alter column status type booking_status using status::booking_status;  -- expect: lint-retype-column, lint-enum-value
alter type booking_status rename value 'PENDING' to 'NEW';  -- expect: lint-enum-value
alter type booking_status rename value 'SOMETHING' to 'OTHER';
alter type other_status rename value 'SENT' to 'GONE';  -- expect: lint-enum-value, lint-enum-value
create type booking_status as enum ('PENDING', 'CONFIRMED', 'CHECKED_IN', 'CANCELLED');
drop type booking_status cascade;  -- expect: lint-drop-column
