-- The bookings that the demo plays its defects on, one in each state, with their rooms.
--
-- Data of the generator and of the published set begin at booking 101 and room 101.

insert into hotel.room (id, hotel_id, number, room_type, is_occupied) values
    (1, 1, 'P1', 'A', false),
    (2, 1, 'P2', 'A', true),
    (3, 1, 'P3', 'A', false),
    (4, 1, 'P4', 'A', false),
    (5, 1, 'P5', 'A', false),
    (6, 1, 'P6', 'A', false)
on conflict do nothing;

insert into hotel.room_booking (
    id, hotel_id, status, room_type, assigned_room_id, check_in, check_out, nightly_rate, deposit,
    created_at, checked_in_at, checked_out_at, cancelled_at,
    payment_authorized_at, payment_captured_at
)
select
    b.id,
    1 as hotel_id,
    b.status,
    'A' as room_type,
    b.room_id,
    current_date + b.arrives as check_in,
    current_date + b.arrives + 3 as check_out,
    98 as nightly_rate,
    98 as deposit,
    now() - interval '40 days' as created_at,
    case
        when b.status in ('CHECKED_IN', 'CHECKED_OUT') then now() + b.arrives * interval '1 day'
    end as checked_in_at,
    case when b.status = 'CHECKED_OUT' then now() - interval '5 days' end as checked_out_at,
    case when b.status = 'CANCELLED' then now() - interval '2 days' end as cancelled_at,
    case when b.is_paid then now() - interval '39 days' end as payment_authorized_at,
    case when b.is_paid then now() - interval '39 days' end as payment_captured_at
from (
    values
    (1, 'PENDING',           null,   20, false),
    (2, 'PENDING_APPROVAL',  null,   20, false),
    (3, 'PENDING_APPROVAL',  null,   20, true),
    (4, 'CONFIRMED',         1,       0, true),
    (5, 'CONFIRMED',         null,    0, true),
    (6, 'CHECKED_IN',        2,      -1, true),
    (7, 'CHECKED_OUT',       3,      -8, true),
    (8, 'CANCELLED',         null,    0, true),
    (9, 'NO_SHOW',           null,   -3, true),
    (10, 'CONFIRMED',        4,       0, true),
    (11, 'PENDING_APPROVAL', null,   20, true),
    (12, 'CONFIRMED',        null,    0, true)
) as b (id, status, room_id, arrives, is_paid);
