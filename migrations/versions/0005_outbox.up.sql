-- The cursors of the outbox: how far each consumer of histories has come.

set local lock_timeout = '2s';

create table interlock.outbox_cursor (
    cursor_name     text        not null,
    role_name       text        not null default current_user,
    machines        text[]      not null,
    position        jsonb       not null,
    delivered_count bigint      not null default 0,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),

    constraint outbox_cursor_pk primary key (cursor_name),
    constraint outbox_cursor_reads_something check (cardinality(machines) > 0)
);

-- A consumer is granted insert and update on the whole table: this keeps it to its own rows.
alter table interlock.outbox_cursor enable row level security;
create policy outbox_cursor_of_role on interlock.outbox_cursor
using (role_name = current_user)
with check (role_name = current_user);

comment on table interlock.outbox_cursor is
'One row for each consumer of the outbox: which histories it reads, and how far it has come.';
comment on column interlock.outbox_cursor.role_name is
'The role that made the cursor, which alone sees and moves it (and the owner of the schema).';
comment on column interlock.outbox_cursor.position is
'What is delivered, as a snapshot; the window being delivered; from which id to look on.';
comment on policy outbox_cursor_of_role on interlock.outbox_cursor is
'A role sees and moves its own cursors only.';
