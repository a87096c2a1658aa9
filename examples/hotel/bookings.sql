-- One house, its rooms, and a booking in each state, to try the application on.

insert into hotel.hotel (id, kind) values (1, 'city');

insert into hotel.room (id, hotel_id, number, room_type, is_occupied)
select
    n,
    1 as hotel_id,
    n::text as number,
    'A' as room_type,
    n = 103 as is_occupied
from generate_series(101, 110) as n;

insert into hotel.room_booking (
    id, hotel_id, status, room_type, assigned_room_id, check_in, check_out, nightly_rate,
    payment_captured_at, checked_in_at, checked_out_at, cancelled_at
)
select
    b.id,
    1 as hotel_id,
    b.status,
    'A' as room_type,
    b.room_id,
    current_date + b.arrives as check_in,
    current_date + b.arrives + 3 as check_out,
    95 as nightly_rate,
    case when b.is_paid then now() - interval '30 days' end as payment_captured_at,
    case
        when b.status in ('CHECKED_IN', 'CHECKED_OUT') then now() + b.arrives * interval '1 day'
    end as checked_in_at,
    case when b.status = 'CHECKED_OUT' then now() - interval '1 day' end as checked_out_at,
    case when b.status = 'CANCELLED' then now() - interval '2 days' end as cancelled_at
from (
    values
    (1, 'PENDING', null, 20, false),
    (2, 'CONFIRMED', null, 0, true),
    (3, 'CONFIRMED', 101, 0, true),
    (4, 'CHECKED_IN', 103, -1, true),
    (5, 'CHECKED_OUT', 102, -4, true),
    (6, 'CANCELLED', null, 5, false)
) as b (id, status, room_id, arrives, is_paid);

alter table hotel.room_booking alter column id restart with 1001;
