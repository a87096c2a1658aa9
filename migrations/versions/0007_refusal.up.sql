-- Refused attempts: their statement is rolled back, so somebody else must tell of them.

set local lock_timeout = '2s';

create table interlock.refusal (
    id                  bigint      generated always as identity,
    occurred_at         timestamptz not null,
    source              text        not null,
    machine_name        text        not null,
    code                text        not null,
    rule_name           text        not null,
    key                 jsonb,
    from_state          text,
    to_state            text,
    event               text,
    message             text        not null,
    actor               text,
    reason              text,
    role_name           text        not null,
    application_name    text        not null,
    statement           text        not null,
    identity            text,
    reported_at         timestamptz not null default clock_timestamp(),
    reported_by         text        not null default session_user,

    constraint refusal_pk primary key (id),
    constraint refusal_once unique (identity),
    constraint refusal_source_known check (source in ('client', 'log')),
    constraint refusal_code_known check (code ~ '^IL[0-9]{2}$')
);

create index refusal_by_machine on interlock.refusal (machine_name, code, occurred_at);

comment on table interlock.refusal is
'One row for each refused write that a client or a reader of the server log has told of.';
comment on column interlock.refusal.source is
'client: the word of the application that was refused. log: the word of who read the log.';
comment on column interlock.refusal.identity is
'A digest of the line of the log, so that a log that is read twice is kept once.';
