-- The table of the golden machines.

create schema depot;

create table depot.parcel (
    id              bigint      not null,
    status          text        not null,
    carrier         text,
    weight          numeric     not null,
    insured         boolean     not null default false,
    paid_at         timestamptz,
    sent_at         timestamptz,
    delivered_at    timestamptz,

    constraint parcel_pk primary key (id)
);
