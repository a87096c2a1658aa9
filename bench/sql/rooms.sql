-- Rooms for the bookings, occupied as these say; the even bookings are confirmed, each in its own room.

create table room (
    id              bigint      not null,
    is_occupied     boolean     not null default false,
    note            text,

    constraint room_pk primary key (id)
);
update booking set status = 'CONFIRMED', assigned_room_id = id where id % 2 = 0;
update booking set assigned_room_id = id where status = 'CHECKED_IN';
insert into room (id)
select r.id from generate_series(1, greatest(1000, (select max(b.id) from booking as b))) as r (id);
update room as r
set is_occupied = true
where exists (
    select from booking as b where b.assigned_room_id = r.id and b.status = 'CHECKED_IN'
);
vacuum analyze booking;
vacuum analyze room;
