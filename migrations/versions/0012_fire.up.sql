-- Calls of interlock.fire that have an idempotency key, and what a funnel took.

set local lock_timeout = '2s';

create table interlock.fired (
    machine_name    text        not null,
    caller_role     text        not null,
    idempotency_key text        not null,
    key             text,
    event           text,
    request_digest  bytea       not null,
    result          jsonb,
    at              timestamptz not null default now(),
    session_role    text        not null default session_user,
    transaction_id  xid8        not null default pg_current_xact_id(),

    constraint fired_once primary key (machine_name, caller_role, idempotency_key),
    constraint fired_key_is_short check (octet_length(idempotency_key) between 1 and 200)
);

create table interlock.funnel (
    machine_name    text        not null,
    grantee         text        not null,
    is_grantable    boolean     not null,
    columns         text[]      not null,
    taken_at        timestamptz not null default now(),
    taken_by        text        not null default session_user,

    constraint funnel_pk primary key (machine_name, grantee),
    constraint funnel_of_machine foreign key (machine_name)
    references interlock.machine on delete cascade
);

comment on table interlock.fired is
'One row for each idempotency key of a role: the first call of interlock.fire, and its result.';
comment on column interlock.fired.request_digest is
'What tells a repetition from another call: the hash of what was set and expected.';
comment on table interlock.funnel is
'One row for each role that a funnel took the update of a table from: what it gets back.';
comment on column interlock.funnel.columns is
'Columns that it could update by grants of their own, beside the whole table.';
