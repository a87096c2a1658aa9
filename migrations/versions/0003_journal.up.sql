-- The journal of machines, and every version that one has had: what was in force when.

set local lock_timeout = '2s';

create table interlock.machine_version (
    machine_name    text        not null,
    version         integer     not null,
    mode            text        not null,
    after_entry     bigint      not null,
    definition      jsonb       not null,
    applied_at      timestamptz not null default now(),
    applied_by      text        not null default session_user,

    constraint machine_version_pk primary key (machine_name, version)
);

insert into interlock.machine_version (
    machine_name, version, mode, after_entry, definition, applied_at, applied_by
)
select
    m.machine_name, m.version, m.mode, m.adopted_after, m.definition, m.applied_at, m.applied_by
from interlock.machine as m;

create table interlock.journal (
    id                  bigint      generated always as identity,
    machine_name        text        not null,
    event               text        not null,
    detail              jsonb       not null default '{}',
    at                  timestamptz not null default now(),
    actor               text        default nullif(current_setting('interlock.actor', true), ''),
    reason              text        default nullif(current_setting('interlock.reason', true), ''),
    session_role        text        not null default session_user,
    set_role            text        default nullif(current_setting('role'), 'none'),
    application_name    text        not null default current_setting('application_name'),
    client_address      inet        default inet_client_addr(),
    backend_pid         integer     not null default pg_backend_pid(),
    transaction_id      xid8        not null default pg_current_xact_id(),
    clock_at            timestamptz not null default clock_timestamp(),

    constraint journal_pk primary key (id)
);

-- A fresh schema has no functions yet; sql/runtime puts the real one in its place.
do $do$
begin
    if to_regprocedure('interlock.refuse_history_change()') is null then
        create function interlock.refuse_history_change() returns trigger language plpgsql
        set search_path = pg_catalog, pg_temp
        as $$ begin raise exception 'the history is written once'; end; $$;
    end if;
end;
$do$;

create trigger interlock_10_once before update or delete on interlock.journal
for each row execute function interlock.refuse_history_change();
create trigger interlock_20_once before truncate on interlock.journal
for each statement execute function interlock.refuse_history_change();
alter table interlock.journal enable always trigger interlock_10_once;
alter table interlock.journal enable always trigger interlock_20_once;

create trigger interlock_10_once before update or delete on interlock.machine_version
for each row execute function interlock.refuse_history_change();
create trigger interlock_20_once before truncate on interlock.machine_version
for each statement execute function interlock.refuse_history_change();
alter table interlock.machine_version enable always trigger interlock_10_once;
alter table interlock.machine_version enable always trigger interlock_20_once;

comment on table interlock.machine_version is
'Every version of every machine: the moves of an entry are judged by the one then in force.';
comment on column interlock.machine_version.after_entry is
'The last entry of the history that was written under the version before.';
comment on table interlock.journal is
'What happened to a machine as a whole: installed, changed, its mode, a truncate, a retention.';
comment on trigger interlock_10_once on interlock.journal is 'No entry is changed or deleted.';
comment on trigger interlock_20_once on interlock.journal is 'Nor all of them at once.';
comment on trigger interlock_10_once on interlock.machine_version is 'No version is changed.';
comment on trigger interlock_20_once on interlock.machine_version is 'Nor all of them at once.';

alter table interlock.violation alter column statement set default
case
    when coalesce(current_setting('interlock.long_statement', true), '') <> ''
        and current_setting('interlock.long_statement', true)
        = date_part('epoch', statement_timestamp())::text
        then '(not repeated: long and kept with its first record, or it held a token)'
    when octet_length(current_query()) <= 2000 then current_query()
    when octet_length(current_query()) <= 16000
        or set_config(
            'interlock.long_statement', date_part('epoch', statement_timestamp())::text, true
        ) <> ''
        then left(current_query(), 1500) || ' ... ' || right(current_query(), 500)
    else ''
end;
