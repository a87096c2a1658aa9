-- What a parcel is carried by.

create table depot.van (
    number      text        not null,
    is_loaded   boolean     not null default false,
    is_broken   boolean     not null default false,
    has_sent    boolean     not null default false,

    constraint van_pk primary key (number)
);
