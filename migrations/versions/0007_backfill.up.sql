-- Jobs that repair old rows: what they did, batch by batch, and the rows they could not repair.

set local lock_timeout = '2s';

create table interlock.backfill_job (
    id                  bigint      generated always as identity,
    machine_name        text        not null,
    purpose             text        not null default 'rows',
    definition_sha256   text        not null,
    options             jsonb       not null,
    time_zone           text        not null default current_setting('TimeZone'),
    state_name          text        not null default 'running',
    last_key            text[],
    scanned_rows        bigint      not null default 0,
    repaired_rows       bigint      not null default 0,
    started_at          timestamptz not null default clock_timestamp(),
    finished_at         timestamptz,
    session_role        text        not null default session_user,
    application_name    text        not null default current_setting('application_name'),
    client_address      inet        default inet_client_addr(),

    constraint backfill_job_pk primary key (id),
    constraint backfill_job_purpose_known check (purpose in ('rows', 'history')),
    constraint backfill_job_state_known check (state_name in ('running', 'done', 'replaced')),
    constraint backfill_job_finished check ((state_name = 'running') = (finished_at is null))
);

create unique index backfill_job_runs_once on interlock.backfill_job (machine_name, purpose)
where state_name = 'running';

create table interlock.backfill_batch (
    job_id              bigint      not null,
    number              integer     not null,
    last_key            text[],
    scanned_rows        bigint      not null,
    repaired_rows       bigint      not null,
    quarantined_rows    bigint      not null,
    locked_rows         bigint      not null,
    took_ms             integer     not null,
    at                  timestamptz not null default clock_timestamp(),
    session_role        text        not null default session_user,
    transaction_id      xid8        not null default pg_current_xact_id(),

    constraint backfill_batch_pk primary key (job_id, number),
    constraint backfill_batch_of_job foreign key (job_id) references interlock.backfill_job
);

create table interlock.backfill_row (
    job_id              bigint      not null,
    key_values          text[]      not null,
    key                 jsonb       not null,
    state_name          text        not null,
    rules               text[]      not null default '{}',
    reason              text        not null,
    at                  timestamptz not null default clock_timestamp(),

    constraint backfill_row_pk primary key (job_id, key_values),
    constraint backfill_row_of_job foreign key (job_id) references interlock.backfill_job,
    constraint backfill_row_state_known check (state_name in ('quarantined', 'locked'))
);

create table interlock.backfill_pass (
    transaction_id  xid8    not null default pg_current_xact_id(),
    machine_name    text    not null,
    backend_pid     integer not null default pg_backend_pid(),

    constraint backfill_pass_pk primary key (transaction_id, machine_name)
);

comment on table interlock.backfill_job is
'One row for each run of interlock backfill, however often it was interrupted and resumed.';
comment on column interlock.backfill_job.last_key is
'The key up to which the table is done, in the order of the key; null: nothing yet.';
comment on column interlock.backfill_job.definition_sha256 is
'The machine with its repairs: a job goes on only with the one it began with.';
comment on table interlock.backfill_batch is
'One row for each batch, written in its own transaction: what is here is done.';
comment on table interlock.backfill_row is
'Rows that no repair could mend (quarantined), and rows to be tried again (locked by somebody).';
comment on table interlock.backfill_pass is
'The transactions that repair rows now; each takes its row away before it commits.';
