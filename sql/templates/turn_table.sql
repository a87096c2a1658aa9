-- Writers that claim the same resource take turns: each writes the row of its slot, and waits for who
-- wrote it before. What stands in it says nothing.

create table interlock.:"relation_name" (
    slot  bigint not null,
    turn  bigint not null default 0,

    constraint :"pk_name" primary key (slot)
)
    with (fillfactor = 50);
comment on table interlock.:"relation_name" is :'note';
