-- What DDL does to a guarded table.
alter table hotel.room_booking drop column status;  -- expect: lint-drop-column
alter table hotel.room_booking
    add column note text,
    drop column if exists assigned_room_id cascade,  -- expect: lint-drop-column
    alter column checked_in_at type date using checked_in_at::date,  -- expect: lint-retype-column
    alter column note type varchar(20),  -- expect: lint-rewrite
    alter column checked_out_at set not null,  -- expect: lint-not-null
    alter column status set default 'CONFIRMED';  -- expect: lint-default
alter table hotel.room_booking rename column check_in to arrives;  -- expect: lint-rename-column
alter table hotel.room drop column is_occupied;  -- expect: lint-drop-column
alter table hotel.invoice set schema billing;  -- expect: lint-rename-table
alter table billing.invoice rename to bill;  -- expect: lint-rename-table
alter table billing.bill drop column state;  -- expect: lint-drop-column
alter table hotel.room_booking set unlogged;  -- expect: lint-unlogged
alter table hotel.room_booking set logged;  -- expect: lint-rewrite
alter table hotel.room_booking set access method columnar;  -- expect: lint-rewrite
alter table hotel.room_booking add column u uuid default gen_random_uuid();  -- expect: lint-rewrite
alter table hotel.room_booking add column s bigserial;  -- expect: lint-rewrite
alter table hotel.room_booking add column g int generated always as (1) stored;  -- expect: lint-rewrite
cluster hotel.room_booking using room_booking_pkey;  -- expect: lint-rewrite
vacuum (full, analyze) hotel.room_booking;  -- expect: lint-rewrite
vacuum full;  -- expect: lint-rewrite, lint-rewrite, lint-rewrite
alter table hotel.room_booking attach partition hotel.booking_2026 for values from (1) to (2);  -- expect: lint-partition
alter table hotel.room_booking detach partition hotel.booking_2025 concurrently;  -- expect: lint-partition
alter table hotel.all_bookings attach partition hotel.room_booking default;  -- expect: lint-partition
create table hotel.old_booking () inherits (hotel.room_booking);  -- expect: lint-inherit
alter table hotel.other inherit hotel.room_booking;  -- expect: lint-inherit
alter table hotel.room_booking no inherit hotel.other;  -- expect: lint-inherit
create rule lost as on update to hotel.room_booking do instead nothing;  -- expect: lint-rule
alter table hotel.room_booking owner to hotel_app;  -- expect: lint-owner
reassign owned by hotel_owner to hotel_app;  -- expect: lint-owner
alter table hotel.room_booking enable row level security;  -- expect: lint-row-security
drop extension btree_gist cascade;  -- expect: lint-extension
alter schema hotel rename to inn;  -- expect: lint-rename-schema, lint-rename-schema, lint-rename-schema
drop schema if exists hotel cascade;  -- expect: lint-drop-schema, lint-drop-schema, lint-drop-schema
drop table if exists hotel.guest, hotel.room_booking;  -- expect: lint-drop-table
create table hotel.room_booking (id bigint, status text);
update hotel.room_booking set status = 'PENDING';
