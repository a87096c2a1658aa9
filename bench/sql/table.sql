-- The table that every variant is measured on: the hotel's bookings, 15 columns.

create table booking (
    id                  bigint      not null,
    hotel_id            bigint      not null,
    assigned_room_id    bigint,
    status              text        not null,
    check_in            date        not null,
    check_out           date        not null,
    checked_in_at       timestamptz,
    checked_out_at      timestamptz,
    cancelled_at        timestamptz,
    payment_captured_at timestamptz,
    refund_processed_at timestamptz,
    deposit             numeric     not null,
    guest_name          text        not null,
    note                text,
    updated_at          timestamptz not null,

    constraint booking_pk primary key (id)
);
