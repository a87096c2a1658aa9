-- The history of a machine: one row for each birth, move, change of an audited column and death.
--
-- The write path goes through the parent; a missing month lands in the default partition, so that
-- it never fails a business write.

create table interlock.:"audit_name" (
    id                  bigint      not null generated always as identity,
:key_columns
    kind                text        not null,
    event               text,
    from_state          text,
    to_state            text,
    at                  timestamptz not null default now(),
:audit_columns
    actor               text        default nullif(current_setting('interlock.actor', true), ''),
    reason              text        default nullif(current_setting('interlock.reason', true), ''),
    session_role        text        not null default session_user,
    set_role            text        default nullif(current_setting('role'), 'none'),
    application_name    text        not null default current_setting('application_name'),
    client_address      inet        default inet_client_addr(),
    backend_pid         integer     not null default pg_backend_pid(),
    transaction_id      xid8        not null default pg_current_xact_id(),
    clock_at            timestamptz not null default clock_timestamp(),
    statement           text        not null default
    case
        -- Few functions: each one here is looked up for every statement that writes an entry.
        when nullif(current_setting('interlock.long_statement', true), '') is null
            and octet_length(current_query()) <= 2000
            then current_query()
        else interlock.statement_text()
    end,

    constraint :"pk_name" primary key (:key_list, id, at)
) partition by range (at);
create table interlock.:"default_name" partition of interlock.:"audit_name" default;
comment on table interlock.:"audit_name" is :'note';
create trigger interlock_10_once
    before update or delete on interlock.:"audit_name"
    for each row
    execute function interlock.refuse_history_change();
create trigger interlock_20_once
    before truncate on interlock.:"audit_name"
    for each statement
    execute function interlock.refuse_history_change();
create trigger interlock_20_once
    before truncate on interlock.:"default_name"
    for each statement
    execute function interlock.refuse_history_change();
alter table interlock.:"audit_name" enable always trigger interlock_10_once;
alter table interlock.:"audit_name" enable always trigger interlock_20_once;
alter table interlock.:"default_name" enable always trigger interlock_20_once;
comment on trigger interlock_10_once on interlock.:"audit_name" is 'No entry is changed or deleted.';
comment on trigger interlock_20_once on interlock.:"audit_name" is 'Nor all of them at once.';
