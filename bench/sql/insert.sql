-- One new booking, in the initial state.

insert into booking (
    id, hotel_id, status, check_in, check_out, payment_captured_at, deposit, guest_name, note,
    updated_at
)
values (
    %(id)s, 7, 'PENDING', '2026-03-01', '2026-03-04', '2026-02-01 12:00+00', 120, 'Guest of the bench',
    'arrives late, wants a quiet room', '2026-02-01 12:00+00'
);
