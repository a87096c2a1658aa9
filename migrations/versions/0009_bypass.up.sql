-- Bypasses: deliberate, recorded ways around a machine that end by themselves.

set local lock_timeout = '2s';

create table interlock.bypass (
    bypass_id       bigint      generated always as identity,
    machine_name    text        not null,
    role_name       text        not null,
    is_group        boolean     not null,
    kind            text        not null,
    reason          text        not null,
    opened_at       timestamptz not null default clock_timestamp(),
    opened_by       text        not null default session_user,
    until_at        timestamptz not null,
    closed_at       timestamptz,
    closed_by       text,

    constraint bypass_pk primary key (bypass_id),
    constraint bypass_kind_known check (kind in ('moves', 'import')),
    constraint bypass_has_reason check (reason ~ '\S'),
    constraint bypass_ends check (until_at > opened_at and until_at <= opened_at + interval '31 days'),
    constraint bypass_closed_by_somebody check ((closed_at is null) = (closed_by is null))
);

create index bypass_by_machine on interlock.bypass (machine_name, until_at);

-- A fresh schema has no functions yet; sql/runtime puts the real one in its place.
do $do$
begin
    if to_regprocedure('interlock.refuse_bypass_change()') is null then
        create function interlock.refuse_bypass_change() returns trigger language plpgsql
        set search_path = pg_catalog, pg_temp
        as $$ begin raise exception 'a bypass is opened by interlock.open_bypass'; end; $$;
    end if;
end;
$do$;

create trigger interlock_10_once before insert or update or delete on interlock.bypass
for each row execute function interlock.refuse_bypass_change();
create trigger interlock_20_once before truncate on interlock.bypass
for each statement execute function interlock.refuse_bypass_change();
alter table interlock.bypass enable always trigger interlock_10_once;
alter table interlock.bypass enable always trigger interlock_20_once;

comment on table interlock.bypass is
'Deliberate, recorded ways around a machine: for whom, why, until when; each ends by itself.';
comment on column interlock.bypass.is_group is
'Whether the role could not log in when it was opened: then its members are meant.';
comment on column interlock.bypass.kind is
'moves: what the rules of moves refuse goes through; import: and entries say imported.';
comment on trigger interlock_10_once on interlock.bypass is
'Opened by members of the owner alone, never changed but for being closed, never deleted.';
comment on trigger interlock_20_once on interlock.bypass is 'Nor all of them at once.';

alter table interlock.violation add column bypass_id bigint;
comment on column interlock.violation.bypass_id is
'The bypass that let the write through; null: observe or ratchet did.';
