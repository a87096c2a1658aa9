-- One row for each key: a tombstone of a deleted row, or the head of a history.

create table interlock.:"relation_name" (
:key_columns
    state_name  text not null,

    constraint :"pk_name" primary key (:key_list)
);
comment on table interlock.:"relation_name" is :'note';
