-- Fill the table with %(rows)s sound bookings: the even ids are paid and pending, so they can be
-- confirmed; the odd ones stand in every other state.

insert into booking
select
    r.id,
    r.id %% 40 + 1 as hotel_id,
    case when r.status in ('CHECKED_IN', 'CHECKED_OUT') then r.id %% 900 + 100 end as assigned_room_id,
    r.status,
    r.day as check_in,
    r.day + 1 + (r.id %% 9)::integer as check_out,
    case when r.status in ('CHECKED_IN', 'CHECKED_OUT') then r.day + time '15:00' end as checked_in_at,
    case when r.status = 'CHECKED_OUT' then r.day + 1 + time '10:00' end as checked_out_at,
    case when r.status = 'CANCELLED' then r.day - 3 + time '12:00' end as cancelled_at,
    case when r.status <> 'NO_SHOW' then r.day - 20 + time '12:00' end as payment_captured_at,
    case when r.status = 'CANCELLED' then r.day - 2 + time '12:00' end as refund_processed_at,
    (50 + r.id %% 400)::numeric as deposit,
    'Guest ' || r.id as guest_name,
    'arrives late, wants a quiet room' as note,
    r.day - 20 + time '12:00' as updated_at
from (
    select
        g.id,
        date '2024-01-01' + (g.id %% 900)::integer as day,
        case
            when g.id %% 2 = 0 then 'PENDING'
            else (array[
                'CHECKED_OUT', 'CHECKED_OUT', 'CONFIRMED', 'CANCELLED', 'CHECKED_IN', 'NO_SHOW',
                'PENDING_APPROVAL'
            ])[g.id / 2 %% 7 + 1]
        end as status
    from generate_series(1::bigint, %(rows)s::bigint) as g (id)
) as r;
