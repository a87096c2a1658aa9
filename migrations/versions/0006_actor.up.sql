-- Keys of signed actors, and refused writes as their clients or the server's log tell of them.

set local lock_timeout = '2s';

create table interlock.actor_key (
    key_id      text        not null,
    inner_pad   bytea       not null,
    outer_pad   bytea       not null,
    not_after   timestamptz,
    added_at    timestamptz not null default now(),
    added_by    text        not null default session_user,
    retired_at  timestamptz,
    retired_by  text,

    constraint actor_key_pk primary key (key_id),
    constraint actor_key_id_is_plain check (key_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    constraint actor_key_pads_fill_a_block
    check (octet_length(inner_pad) = 64 and octet_length(outer_pad) = 64),
    constraint actor_key_retired_by_somebody check ((retired_at is null) = (retired_by is null))
);

-- No policy: nobody but the owner, not even a member of pg_read_all_data, sees a key or writes one.
alter table interlock.actor_key enable row level security;

create table interlock.refusal (
    id                  bigint      generated always as identity,
    source              text        not null,
    occurred_at         timestamptz not null,
    machine_name        text        not null,
    code                text        not null,
    rule_name           text        not null,
    key                 jsonb,
    event               text,
    from_state          text,
    to_state            text,
    message             text        not null,
    actor               text,
    reason              text,
    writer_role         text,
    writer_application  text,
    statement           text,
    digest              bytea       not null,
    kept_at             timestamptz not null default clock_timestamp(),
    session_role        text        not null default session_user,
    application_name    text        not null default current_setting('application_name'),
    client_address      inet        default inet_client_addr(),
    backend_pid         integer     not null default pg_backend_pid(),
    transaction_id      xid8        not null default pg_current_xact_id(),

    constraint refusal_pk primary key (id),
    constraint refusal_once unique (digest),
    constraint refusal_source_known check (source in ('client', 'log')),
    constraint refusal_code_known check (code ~ '^IL[0-9]{2}$')
);

create index refusal_by_machine on interlock.refusal (machine_name, code, occurred_at);

comment on table interlock.actor_key is
'The keys of signed actors, as the two padded blocks that HMAC needs; for the owner alone.';
comment on column interlock.actor_key.not_after is
'From then on no token of this key is believed; null: until it is retired.';
comment on table interlock.refusal is
'One row for each refused write that was reported: what a client or a log said, not what was seen.';
comment on column interlock.refusal.digest is
'What tells one report from another, so that none is kept twice.';
comment on column interlock.refusal.session_role is
'Who handed in the report; the writer is writer_role, as reported.';
