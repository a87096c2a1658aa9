-- Approvals: who agreed to a move of a row, before it was made.

set local lock_timeout = '2s';

create table interlock.approval (
    approval_id             bigint      generated always as identity,
    machine_name            text        not null,
    key                     jsonb       not null,
    event                   text        not null,
    from_state              text        not null,
    entry_id                bigint      not null,
    place                   integer     not null,
    version                 integer     not null,
    actor                   text,
    signed_by               text,
    reason                  text,
    at                      timestamptz not null default clock_timestamp(),
    session_role            text        not null default session_user,
    set_role                text        default nullif(current_setting('role'), 'none'),
    application_name        text        not null default current_setting('application_name'),
    client_address          inet        default inet_client_addr(),
    backend_pid             integer     not null default pg_backend_pid(),
    transaction_id          xid8        not null default pg_current_xact_id(),
    withdrawn_at            timestamptz,
    withdrawn_by            text,
    consumed_at             timestamptz,
    consumed_transaction    xid8,

    constraint approval_pk primary key (approval_id),
    constraint approval_in_turn unique (machine_name, key, event, entry_id, place),
    constraint approval_withdrawn_by_somebody
    check ((withdrawn_at is null) = (withdrawn_by is null)),
    constraint approval_consumed_by_a_move
    check ((consumed_at is null) = (consumed_transaction is null)),
    constraint approval_ends_once check (withdrawn_at is null or consumed_at is null)
);

-- A fresh schema has no functions yet; sql/runtime puts the real one in its place.
do $do$
begin
    if to_regprocedure('interlock.refuse_approval_change()') is null then
        create function interlock.refuse_approval_change() returns trigger language plpgsql
        set search_path = pg_catalog, pg_temp
        as $$ begin raise exception 'an approval is given by interlock.approve'; end; $$;
    end if;
end;
$do$;

create trigger interlock_10_once before insert or update or delete on interlock.approval
for each row execute function interlock.refuse_approval_change();
create trigger interlock_20_once before truncate on interlock.approval
for each statement execute function interlock.refuse_approval_change();
alter table interlock.approval enable always trigger interlock_10_once;
alter table interlock.approval enable always trigger interlock_20_once;

comment on table interlock.approval is
'One row for each approval of a move: who gave it when, and the transaction of the move that took it.';
comment on column interlock.approval.entry_id is
'The last entry of the history of the row, as it was approved: with the next one it lapses.';
comment on column interlock.approval.place is
'Who approves the same takes turns by it, so that nobody counts without the others.';
comment on column interlock.approval.version is
'The version of the machine that was in force.';
comment on column interlock.approval.actor is
'As claimed; where signed_by names a key, as proved.';
comment on trigger interlock_10_once on interlock.approval is
'Given once, never changed but for being withdrawn or consumed, never deleted.';
comment on trigger interlock_20_once on interlock.approval is 'Nor all of them at once.';
