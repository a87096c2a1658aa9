-- Seals over history and journal, and what erasure and retention leave of an entry.

set local lock_timeout = '2s';

create table interlock.seal (
    number          bigint      not null,
    chain_id        uuid        not null,
    previous        bytea       not null,
    root            bytea       not null,
    entry_count     bigint      not null,
    total_count     bigint      not null,
    cluster         text        not null,
    from_xid        xid8        not null,
    upto_xid        xid8        not null,
    last_relation   text,
    last_entry      bigint,
    mark_xid        xid8        not null,
    marks           jsonb       not null,
    sealed_at       timestamptz not null,
    sealed_by       text        not null default session_user,

    constraint seal_pk primary key (number),
    constraint seal_counts_from_1 check (number >= 1),
    constraint seal_stops_whole check ((last_relation is null) = (last_entry is null))
);

create table interlock.seal_tree (
    number          bigint      not null,
    relation_name   text        not null,
    month           date        not null,
    entry_count     bigint      not null,
    first_id        bigint      not null,
    last_id         bigint      not null,
    root            bytea       not null,
    column_names    text[]      not null,
    erasable        text[]      not null,

    constraint seal_tree_pk primary key (relation_name, month, number)
);

create table interlock.seal_chunk (
    number          bigint      not null,
    relation_name   text        not null,
    month           date        not null,
    place           integer     not null,
    first_id        bigint      not null,
    last_id         bigint      not null,
    hash            bytea       not null,
    entry_ids       bigint[]    not null,
    leaves          bytea[]     not null,
    salts           bytea[]     not null,

    constraint seal_chunk_pk primary key (relation_name, month, number, place)
);

-- Hashes and salts cannot be compressed: do not try.
alter table interlock.seal_chunk alter column leaves set storage external;
alter table interlock.seal_chunk alter column salts set storage external;
create index seal_chunk_by_entry on interlock.seal_chunk (relation_name, last_id);

create table interlock.erasure (
    relation_name   text        not null,
    entry_id        bigint      not null,
    commitment      bytea       not null,
    erased          text[]      not null,
    journal_id      bigint      not null,
    at              timestamptz not null default now(),
    transaction_id  xid8        not null default pg_current_xact_id(),

    constraint erasure_pk primary key (relation_name, entry_id)
);

create table interlock.retained (
    relation_name   text        not null,
    month           date        not null,
    entry_count     bigint      not null,
    upto_id         bigint      not null,
    journal_id      bigint      not null,
    at              timestamptz not null default now(),
    transaction_id  xid8        not null default pg_current_xact_id(),

    constraint retained_pk primary key (relation_name, month)
);

-- A fresh schema has no functions yet; sql/runtime puts the real one in its place.
do $do$
begin
    if to_regprocedure('interlock.refuse_seal_change()') is null then
        create function interlock.refuse_seal_change() returns trigger language plpgsql
        set search_path = pg_catalog, pg_temp
        as $$ begin raise exception 'a seal is written once'; end; $$;
    end if;
end;
$do$;

create trigger interlock_10_once before update or delete on interlock.seal
for each row execute function interlock.refuse_history_change();
create trigger interlock_20_once before truncate on interlock.seal
for each statement execute function interlock.refuse_history_change();
alter table interlock.seal enable always trigger interlock_10_once;
alter table interlock.seal enable always trigger interlock_20_once;

create trigger interlock_10_once before update or delete on interlock.seal_tree
for each row execute function interlock.refuse_history_change();
create trigger interlock_20_once before truncate on interlock.seal_tree
for each statement execute function interlock.refuse_history_change();
alter table interlock.seal_tree enable always trigger interlock_10_once;
alter table interlock.seal_tree enable always trigger interlock_20_once;

create trigger interlock_10_once before update or delete on interlock.seal_chunk
for each row execute function interlock.refuse_seal_change();
create trigger interlock_20_once before truncate on interlock.seal_chunk
for each statement execute function interlock.refuse_history_change();
alter table interlock.seal_chunk enable always trigger interlock_10_once;
alter table interlock.seal_chunk enable always trigger interlock_20_once;

create trigger interlock_10_once before update or delete on interlock.erasure
for each row execute function interlock.refuse_history_change();
create trigger interlock_20_once before truncate on interlock.erasure
for each statement execute function interlock.refuse_history_change();
alter table interlock.erasure enable always trigger interlock_10_once;
alter table interlock.erasure enable always trigger interlock_20_once;

create trigger interlock_10_once before update or delete on interlock.retained
for each row execute function interlock.refuse_history_change();
create trigger interlock_20_once before truncate on interlock.retained
for each statement execute function interlock.refuse_history_change();
alter table interlock.retained enable always trigger interlock_10_once;
alter table interlock.retained enable always trigger interlock_20_once;

comment on table interlock.seal is
'One link of the chain of seals: its root holds its trees and the root before it.';
comment on column interlock.seal.cluster is
'The system identifier of the server whose transaction ids these are.';
comment on column interlock.seal.last_relation is
'Where the seal stopped inside its window of transactions; null when it sealed all of it.';
comment on column interlock.seal.marks is
'Every entry of a transaction from mark_xid on has an id above that of its relation here.';
comment on table interlock.seal_tree is
'One tree of a seal: the entries of one relation in one month (UTC).';
comment on column interlock.seal_tree.erasable is
'The columns that were hashed apart, with a salt, so that erasing them keeps the seal.';
comment on table interlock.seal_chunk is
'Some hundred leaves of a tree: a hash and a salt for each entry. An erased entry has no salt.';
comment on table interlock.erasure is
'One row for each entry whose erasable values are gone; the commitment stands for them.';
comment on table interlock.retained is
'One row for each month of a history that was dropped, because its retention had passed.';
comment on trigger interlock_10_once on interlock.seal is 'No seal is changed or deleted.';
comment on trigger interlock_20_once on interlock.seal is 'Nor all of them at once.';
comment on trigger interlock_10_once on interlock.seal_tree is 'No tree is changed or deleted.';
comment on trigger interlock_20_once on interlock.seal_tree is 'Nor all of them at once.';
comment on trigger interlock_10_once on interlock.seal_chunk is 'Only erasure and retention take from it.';
comment on trigger interlock_20_once on interlock.seal_chunk is 'Nor all of them at once.';
comment on trigger interlock_10_once on interlock.erasure is 'No erasure is changed or deleted.';
comment on trigger interlock_20_once on interlock.erasure is 'Nor all of them at once.';
comment on trigger interlock_10_once on interlock.retained is 'No retention is changed.';
comment on trigger interlock_20_once on interlock.retained is 'Nor all of them at once.';
