-- The tripwire: what is guarded of each machine, and the transactions that may change it.

set local lock_timeout = '2s';

create table interlock.tripwire (
    is_only     boolean     not null default true,
    mode        text        not null,
    set_at      timestamptz not null default now(),
    set_by      text        not null default session_user,

    constraint tripwire_pk primary key (is_only),
    constraint tripwire_is_one check (is_only),
    constraint tripwire_mode_known check (mode in ('refuse', 'record', 'off'))
);

create table interlock.guarded (
    machine_name    text        not null,
    kind            text        not null,
    relation        regclass    not null,
    name            text        not null,
    facts           text        not null,
    is_lost         boolean     not null default false,

    constraint guarded_pk primary key (machine_name, kind, relation, name),
    constraint guarded_of_machine foreign key (machine_name)
    references interlock.machine on delete cascade
);

create index guarded_by_relation on interlock.guarded (relation);

create table interlock.ddl_pass (
    transaction_id  xid8    not null default pg_current_xact_id(),
    machine_name    text    not null,
    backend_pid     integer not null default pg_backend_pid(),

    constraint ddl_pass_pk primary key (transaction_id, machine_name)
);

-- A fresh schema has no functions yet; sql/runtime puts the real ones in their place.
do $do$
begin
    if to_regprocedure('interlock.refuse_tripwire_change()') is null then
        create function interlock.refuse_tripwire_change() returns trigger language plpgsql
        set search_path = pg_catalog, pg_temp
        as $$ begin raise exception 'the tripwire is changed by members of the owner'; end; $$;
    end if;
    if to_regprocedure('interlock.end_pass()') is null then
        create function interlock.end_pass() returns trigger language plpgsql
        set search_path = pg_catalog, pg_temp
        as $$ begin raise exception 'the tripwire is not there yet'; end; $$;
    end if;
end;
$do$;

create trigger interlock_10_ours before insert or update or delete on interlock.tripwire
for each row execute function interlock.refuse_tripwire_change();
create trigger interlock_20_ours before truncate on interlock.tripwire
for each statement execute function interlock.refuse_tripwire_change();
alter table interlock.tripwire enable always trigger interlock_10_ours;
alter table interlock.tripwire enable always trigger interlock_20_ours;
create trigger interlock_10_ours before insert or update or delete on interlock.guarded
for each row execute function interlock.refuse_tripwire_change();
create trigger interlock_20_ours before truncate on interlock.guarded
for each statement execute function interlock.refuse_tripwire_change();
alter table interlock.guarded enable always trigger interlock_10_ours;
alter table interlock.guarded enable always trigger interlock_20_ours;
create trigger interlock_10_ours before insert or update or delete on interlock.ddl_pass
for each row execute function interlock.refuse_tripwire_change();
create trigger interlock_20_ours before truncate on interlock.ddl_pass
for each statement execute function interlock.refuse_tripwire_change();
alter table interlock.ddl_pass enable always trigger interlock_10_ours;
alter table interlock.ddl_pass enable always trigger interlock_20_ours;
create constraint trigger interlock_90_end after insert on interlock.ddl_pass
deferrable initially deferred
for each row execute function interlock.end_pass();
alter table interlock.ddl_pass enable always trigger interlock_90_end;

comment on table interlock.tripwire is
'One row, once a tripwire was asked for: whether it refuses, only records, or is off on purpose.';
comment on table interlock.guarded is
'What the tripwire holds the catalog against: the parts that each machine is made of.';
comment on column interlock.guarded.facts is
'What the catalog said of it when it was recorded; compared with what it says after each DDL.';
comment on column interlock.guarded.is_lost is
'A loss that was let through and recorded: it is told once.';
comment on table interlock.ddl_pass is
'The transactions that may change a machine now; each must leave it whole when it commits.';
comment on trigger interlock_10_ours on interlock.tripwire is 'For members of the owner alone.';
comment on trigger interlock_20_ours on interlock.tripwire is 'Nor emptied.';
comment on trigger interlock_10_ours on interlock.guarded is 'For members of the owner alone.';
comment on trigger interlock_20_ours on interlock.guarded is 'Nor emptied.';
comment on trigger interlock_10_ours on interlock.ddl_pass is 'For members of the owner alone.';
comment on trigger interlock_20_ours on interlock.ddl_pass is 'Nor emptied.';
comment on trigger interlock_90_end on interlock.ddl_pass is
'When the transaction commits, the machine is whole again, or nothing happens.';
