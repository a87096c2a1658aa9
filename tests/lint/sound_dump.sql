-- A dump, as psql reads it.
\connect hotel
\restrict abc
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
SET session_replication_role = DEFAULT;
SET event_triggers = on;
CREATE TABLE hotel.guest (id bigint, status text);
COPY hotel.guest (id, status) FROM stdin;
1	truncate hotel.room_booking;
2	it's \N ; "quoted
\.
ALTER TABLE ONLY hotel.guest ADD CONSTRAINT guest_pkey PRIMARY KEY (id);
\if :{?verbose}
\echo 'drop table hotel.room_booking;'
\endif
SELECT format('select %L', 'drop table hotel.room_booking') \gexec
