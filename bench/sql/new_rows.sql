-- The text that COPY reads: %(count)s new bookings in the initial state.

copy (
    select
        200000000 + g.id, 7, null, 'PENDING', '2026-03-01', '2026-03-04', null, null, null,
        '2026-02-01 12:00+00', null, 120, 'Guest ' || g.id, 'arrives late, wants a quiet room',
        '2026-02-01 12:00+00'
    from generate_series(1, %(count)s) as g (id)
) to stdout;
