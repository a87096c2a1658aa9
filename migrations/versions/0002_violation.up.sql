-- Violations: writes that broke a rule and went through, because the machine only observes.

set local lock_timeout = '2s';

create table interlock.violation (
    id                  bigint      generated always as identity,
    at                  timestamptz not null default clock_timestamp(),
    machine_name        text        not null,
    code                text        not null,
    rule_name           text        not null,
    key                 jsonb       not null,
    from_state          text,
    to_state            text,
    message             text        not null,
    actor               text,
    reason              text,
    session_role        text        not null default session_user,
    application_name    text        not null default current_setting('application_name'),
    client_address      inet        default inet_client_addr(),
    backend_pid         integer     not null default pg_backend_pid(),
    transaction_id      xid8        not null default pg_current_xact_id(),
    statement           text        not null default left(current_query(), 2000),

    constraint violation_pk primary key (id)
);

create index violation_by_machine on interlock.violation (machine_name, code, at);

comment on table interlock.violation is
'One row for each write that broke a rule and was let through by observe or ratchet.';
