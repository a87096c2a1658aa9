-- step 1 (look): rows of depot.parcel that break a rule
-- why:  must return no row: old sins are mended first
-- lock: none
-- Every row by every row rule, in one scan; returns no row where all are sound.
--
-- Samples: of each kind of unsound row the first ones of 64 buckets, found again by their place.

with broken as materialized (
    select
        case when (r."status" in ('PACKED', 'SENT', 'DELIVERED', 'LOST')) is true then 0 else 1 end::bigint as mask_0,
        r.tableoid as relation,
        min(r.ctid) as place,
        count(*) as row_count
    from "depot"."parcel" as r
    where (case
        when r."status" in ('PACKED', 'SENT', 'DELIVERED', 'LOST') then
            true
        else false
    end) is not true
    group by mask_0, r.tableoid, hashtid(r.ctid) & 63
),

counted as (
    select
        a.number,
        a.rule,
        sum(b.row_count)::bigint as row_count,
        (array_agg(row(b.relation, b.place)::text order by b.relation, b.place))[1:5] as places,
        (array_agg(b.place order by b.relation, b.place))[1:5] as found_at
    from broken as b
    cross join lateral (values
        ('IL11 known_state', 0, b.mask_0 & 1)
    ) as a (rule, number, bit)
    where a.bit <> 0
    group by a.number, a.rule
)

select
    c.number as predicate_number,
    c.rule,
    c.row_count,
    array(
        select pg_catalog.jsonb_build_object('id', t."id")
        from "depot"."parcel" as t
        where t.ctid = any(c.found_at) and row(t.tableoid, t.ctid)::text = any(c.places)
    ) as samples
from counted as c
order by c.number;


-- step 2 (look): rows of depot.van that disagree: mirror loaded
-- why:  must return no row: what was wrong before is mended first
-- lock: none
-- Rows of the other table that disagree, and rows that point to none; returns no row where all agree.
--
-- By CASE, for no index may answer: what is asked is also whether one has been made to lie.

with held as materialized (
    select
        t."carrier" as key,
        t.tableoid as relation,
        t.ctid as place
    from "depot"."parcel" as t
    where case when t."status" in ('PACKED', 'SENT') and t."carrier" is not null then true end
),

wrong as materialized (
    select
        r."number" as key,
        r."is_loaded" as value
    from "depot"."van" as r
    where
        r."is_loaded" is distinct from exists (select from held as h where h.key = r."number")
),

sampled as (
    select pg_catalog.jsonb_build_object('number', concat(w.key), 'is_loaded', w.value) as sample from wrong as w order by w.key limit 5
),

nowhere as materialized (
    select h.*
    from held as h
    where h.key is not null and not exists (select from "depot"."van" as r where r."number" = h.key)
)

select
    'IL09 mirror loaded' as rule,
    c.row_count,
    array(select s.sample from sampled as s) as samples,
    false as is_nowhere
from (select count(*) as row_count from wrong) as c
where c.row_count > 0
union all
select
    'IL09 mirror loaded without a row',
    c.row_count,
    array(
        select pg_catalog.jsonb_build_object('id', t."id")
        from (select * from nowhere order by relation, place limit 5) as n
        join "depot"."parcel" as t on t.tableoid = n.relation and t.ctid = n.place
    ),
    true
from (select count(*) as row_count from nowhere) as c
where c.row_count > 0;


-- step 3 (prepare): clear the way of index interlock_parcel_seek_mirror_loaded
-- why:  an interrupted build leaves an index that holds nothing
-- lock: ShareUpdateExclusive on depot.parcel
drop index concurrently if exists "depot"."interlock_parcel_seek_mirror_loaded_next";


-- step 4 (prepare): build index interlock_parcel_seek_mirror_loaded
-- why:  find who else holds carrier
-- lock: ShareUpdateExclusive on depot.parcel
-- By it the other row is found that holds the same; it refuses nothing. Under a name of its own, beside
-- what is in force: writers and readers go on meanwhile.

create index concurrently "interlock_parcel_seek_mirror_loaded_next" on "depot"."parcel" using btree ("carrier", "id") where "status" in ('PACKED', 'SENT') and "carrier" is not null;


-- step 5 (prepare): create index interlock_parcel_seek_mirror_loaded
-- why:  find who else holds carrier
-- lock: none
-- What was built takes the name that counts, and what had it goes.

drop index if exists "depot"."interlock_parcel_seek_mirror_loaded";
alter index "depot"."interlock_parcel_seek_mirror_loaded_next" rename to "interlock_parcel_seek_mirror_loaded";
comment on index "depot"."interlock_parcel_seek_mirror_loaded" is 'parcel: other holders of mirror_loaded [455757a2736d9d1a]';


-- step 6 (prepare): clear the way of index interlock_parcel_seek_mirror_sent
-- why:  an interrupted build leaves an index that holds nothing
-- lock: ShareUpdateExclusive on depot.parcel
drop index concurrently if exists "depot"."interlock_parcel_seek_mirror_sent_next";


-- step 7 (prepare): build index interlock_parcel_seek_mirror_sent
-- why:  find who else holds carrier
-- lock: ShareUpdateExclusive on depot.parcel
-- By it the other row is found that holds the same; it refuses nothing. Under a name of its own, beside
-- what is in force: writers and readers go on meanwhile.

create index concurrently "interlock_parcel_seek_mirror_sent_next" on "depot"."parcel" using btree ("carrier", "id") where "status" = 'DELIVERED' and "carrier" is not null;


-- step 8 (prepare): create index interlock_parcel_seek_mirror_sent
-- why:  find who else holds carrier
-- lock: none
-- What was built takes the name that counts, and what had it goes.

drop index if exists "depot"."interlock_parcel_seek_mirror_sent";
alter index "depot"."interlock_parcel_seek_mirror_sent_next" rename to "interlock_parcel_seek_mirror_sent";
comment on index "depot"."interlock_parcel_seek_mirror_sent" is 'parcel: other holders of mirror_sent [8daaa6d28920e71d]';


begin;
set local lock_timeout = '2s';


-- step 9 (arm): create table interlock.parcel_audit
-- why:  keep the history of each row
-- lock: none
-- The history of a machine: one row for each birth, move, change of an audited column and death.
--
-- The write path goes through the parent; a missing month lands in the default partition, so that
-- it never fails a business write.

create table interlock."parcel_audit" (
    id                  bigint      not null generated always as identity,
    "key_id" bigint not null,
    kind                text        not null,
    event               text,
    from_state          text,
    to_state            text,
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
    statement           text        not null default
    case
        -- Few functions: each one here is looked up for every statement that writes an entry.
        when nullif(current_setting('interlock.long_statement', true), '') is null
            and octet_length(current_query()) <= 2000
            then current_query()
        else interlock.statement_text()
    end,

    constraint "parcel_audit_pk" primary key ("key_id", id, at)
) partition by range (at);
create table interlock."parcel_audit_default" partition of interlock."parcel_audit" default;
comment on table interlock."parcel_audit" is 'History of machine parcel: written once, by its triggers.';
create trigger interlock_10_once
    before update or delete on interlock."parcel_audit"
    for each row
    execute function interlock.refuse_history_change();
create trigger interlock_20_once
    before truncate on interlock."parcel_audit"
    for each statement
    execute function interlock.refuse_history_change();
create trigger interlock_20_once
    before truncate on interlock."parcel_audit_default"
    for each statement
    execute function interlock.refuse_history_change();
alter table interlock."parcel_audit" enable always trigger interlock_10_once;
alter table interlock."parcel_audit" enable always trigger interlock_20_once;
alter table interlock."parcel_audit_default" enable always trigger interlock_20_once;
comment on trigger interlock_10_once on interlock."parcel_audit" is 'No entry is changed or deleted.';
comment on trigger interlock_20_once on interlock."parcel_audit" is 'Nor all of them at once.';
-- No id of an entry is given out twice, not even after a history was dropped: seals name entries by
-- it.

select setval(pg_get_serial_sequence('interlock."parcel_audit"', 'id')::regclass, used.last_id)
from (
    select greatest(
        (select max(t.last_id) from interlock.seal_tree as t where t.relation_name = 'parcel_audit'),
        (select max(e.entry_id) from interlock.erasure as e where e.relation_name = 'parcel_audit')
    ) as last_id
) as used
where used.last_id is not null;
-- Find the entries after a certain one, in the order of writing. A BRIN index is smaller, but costs
-- a single write more (instructions counted: 1.06 against 1.04 of the whole).

create index if not exists "parcel_audit_by_id" on interlock."parcel_audit" (id);
select interlock.add_months('parcel_audit', 12);


-- step 10 (arm): create table interlock.parcel_tombstone
-- why:  Keys of deleted rows.
-- lock: none
-- One row for each key: a tombstone of a deleted row, or the head of a history.

create table interlock."parcel_tombstone" (
    "key_id" bigint not null,
    state_name  text not null,

    constraint "parcel_tombstone_pk" primary key ("key_id")
);
comment on table interlock."parcel_tombstone" is 'Keys of deleted rows.';


-- step 11 (arm): create function depot.interlock_parcel_mirror_loaded
-- why:  write is_loaded of depot.van with the rights of its owner
-- lock: none
-- Lock rows of the other table in the order of their keys, or write one of them.
--
-- With the rights of that table's owner, and those alone: never ours, for the triggers of the table
-- run inside. They find what they name without its schema in pg_catalog and the schema of the table.
-- Only the owner of schema interlock may call it.

create or replace function "depot"."interlock_parcel_mirror_loaded"(
    p_key text, p_other text, p_value boolean
)
    returns boolean
    language plpgsql
    security definer
    set search_path = pg_catalog, "depot", pg_temp
as $interlock$
#variable_conflict use_variable
declare
    v_is_so boolean;
begin
    if p_value is null then
        perform from "depot"."van" as t
        where t."number" operator(pg_catalog.=) any (array[p_key, p_other])
        order by t."number"
        for no key update;
        return null;
    end if;
    update "depot"."van" as t
    set "is_loaded" = p_value
    where t."number" operator(pg_catalog.=) p_key
    returning t."is_loaded" is not distinct from p_value into v_is_so;
    if not found then
        -- Null where there is no such row; false where a trigger has swallowed the write.
        return (select false from "depot"."van" as t where t."number" operator(pg_catalog.=) p_key);
    end if;
    return v_is_so;
end;
$interlock$;
comment on function "depot"."interlock_parcel_mirror_loaded"(text, text, boolean) is 'parcel: write is_loaded of depot.van.';
revoke execute on function "depot"."interlock_parcel_mirror_loaded"(text, text, boolean) from public;
do $interlock$
declare
    v_owner constant name := (
        select n.nspowner::regrole::name from pg_catalog.pg_namespace as n where n.nspname = 'interlock'
    );
begin
    if not has_schema_privilege(v_owner, 'depot', 'usage') then
        execute format('grant usage on schema %I to %I', 'depot', v_owner);
    end if;
    execute format('grant execute on function %s to %I', '"depot"."interlock_parcel_mirror_loaded"(text, text, boolean)', v_owner);
end;
$interlock$;
alter function "depot"."interlock_parcel_mirror_loaded"(text, text, boolean) owner to "postgres";


-- step 12 (arm): create function depot.interlock_parcel_mirror_sent
-- why:  read has_sent of depot.van with the rights of its owner
-- lock: none
-- Say what stands in the mirrored column: nothing where there is no such row.
--
-- With the rights of that table's owner. Only the owner of schema interlock may call it.

create or replace function "depot"."interlock_parcel_mirror_sent"(p_key text)
    returns text
    language plpgsql
    security definer
    set search_path = pg_catalog, "depot", pg_temp
as $interlock$
#variable_conflict use_variable
begin
    return (
        select coalesce(t."has_sent"::text, 'null')
        from "depot"."van" as t
        where t."number" operator(pg_catalog.=) p_key
    );
end;
$interlock$;
comment on function "depot"."interlock_parcel_mirror_sent"(text) is 'parcel: read has_sent of depot.van.';
revoke execute on function "depot"."interlock_parcel_mirror_sent"(text) from public;
do $interlock$
declare
    v_owner constant name := (
        select n.nspowner::regrole::name from pg_catalog.pg_namespace as n where n.nspname = 'interlock'
    );
begin
    if not has_schema_privilege(v_owner, 'depot', 'usage') then
        execute format('grant usage on schema %I to %I', 'depot', v_owner);
    end if;
    execute format('grant execute on function %s to %I', '"depot"."interlock_parcel_mirror_sent"(text)', v_owner);
end;
$interlock$;
alter function "depot"."interlock_parcel_mirror_sent"(text) owner to "postgres";


-- step 13 (arm): create function depot.interlock_parcel_guard_32f18e72
-- why:  judge a guard of depot.van with the rights of its owner
-- lock: none
-- Whether a guard holds for a row of the other table, which stays as it is until the end of the
-- transaction.
--
-- With the rights of that table's owner. Only the owner of schema interlock may call it.

create or replace function "depot"."interlock_parcel_guard_32f18e72"(p_key text)
    returns boolean
    language plpgsql
    security definer
    set search_path = pg_catalog, "depot", pg_temp
as $interlock$
#variable_conflict use_column
begin
    perform from "depot"."van" as t
    where t."number" operator(pg_catalog.=) $1 and (not t.is_broken) is true
    for no key update of t;
    return found;
end;
$interlock$;
comment on function "depot"."interlock_parcel_guard_32f18e72"(text) is 'parcel: judge a guard of depot.van.';
revoke execute on function "depot"."interlock_parcel_guard_32f18e72"(text) from public;
do $interlock$
declare
    v_owner constant name := (
        select n.nspowner::regrole::name from pg_catalog.pg_namespace as n where n.nspname = 'interlock'
    );
begin
    if not has_schema_privilege(v_owner, 'depot', 'usage') then
        execute format('grant usage on schema %I to %I', 'depot', v_owner);
    end if;
    execute format('grant execute on function %s to %I', '"depot"."interlock_parcel_guard_32f18e72"(text)', v_owner);
end;
$interlock$;
alter function "depot"."interlock_parcel_guard_32f18e72"(text) owner to "postgres";


-- step 14 (arm): create function interlock.parcel_mirror_loaded
-- why:  refuse what depot.van.is_loaded cannot be
-- lock: none
-- One compiled trigger function of a machine.
--
-- It runs as the owner of schema interlock (it writes the history, which nobody else may), so it is
-- pinned and nobody else may execute it.

create or replace function interlock."parcel_mirror_loaded"()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $interlock$
declare
    v_goes boolean := tg_op = 'DELETE';
    v_is   boolean;
begin
    if tg_table_schema <> 'depot' or tg_table_name <> 'van' then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = pg_catalog.format(
                'the guard of machine %s does not serve table %s.%s',
                'parcel', tg_table_schema, tg_table_name
            ),
            hint = 'If the table was renamed: change the spec, then interlock apply';
    end if;
    if tg_op = 'TRUNCATE' then
        perform interlock.refuse(
            p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
            p_table => array['depot', 'van']::pg_catalog.text[], p_column => null, p_key => null,
            p_from => null, p_to => null, p_event => null,
            p_allowed => '{}', p_missing => '{}',
            p_message => pg_catalog.concat('parcel: depot.van', ': it may not be truncated'),
            p_hint => 'Delete its rows one by one: is_loaded follows another table'
        );
        return null;
    end if;
    if tg_op = 'UPDATE' then
        v_goes := old.number is distinct from new.number;
        if not v_goes and not (old.is_loaded is distinct from new.is_loaded) then
            return null;
        end if;
    end if;
    if v_goes then
        select true into v_is
        from "depot"."parcel" as o
        where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = old.number;
        if v_is then
            perform interlock.refuse(
                p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                p_table => array['depot', 'van']::pg_catalog.text[], p_column => 'number', p_key => pg_catalog.jsonb_build_object('number', pg_catalog.concat(old.number)),
                p_from => null, p_to => null, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel: depot.van ', pg_catalog.concat_ws('/', old.number), case tg_op when 'DELETE' then ': it may not be deleted' else ': its key may not change' end || ': a row of depot.parcel in PACKED, SENT has it as carrier'),
                p_hint => 'Move that row out of PACKED, SENT, or to another carrier'
            );
        end if;
    end if;
    if tg_op <> 'DELETE' then
        select true into v_is
        from "depot"."parcel" as o
        where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = new.number;
        if v_is
            and (tg_op = 'INSERT' or v_goes)
            and pg_catalog.current_setting('transaction_isolation') in ('repeatable read', 'serializable')
        then
            -- No row holds what is not there: one that does is of an older snapshot, and has let go since.
            raise exception using
                errcode = 'serialization_failure',
                message = pg_catalog.concat('parcel: depot.van ', new.number, ': a row of depot.parcel in PACKED, SENT has it as carrier, as this snapshot sees it'),
                hint = 'Try the whole transaction again; at read committed if it fails again';
        end if;
        if new.is_loaded is distinct from (v_is is true) then
            perform interlock.refuse(
                p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                p_table => array['depot', 'van']::pg_catalog.text[], p_column => 'is_loaded', p_key => pg_catalog.jsonb_build_object('number', pg_catalog.concat(new.number)),
                p_from => null, p_to => null, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel: depot.van ', pg_catalog.concat_ws('/', new.number), pg_catalog.concat(': is_loaded cannot be ', coalesce(new.is_loaded::text, 'null'), ': ', case when v_is then 'a ' else 'no ' end, 'row of depot.parcel in PACKED, SENT has it as carrier')),
                p_hint => 'is_loaded follows depot.parcel: it is true while a row in PACKED, SENT has this one as carrier; move that row instead'
            );
        end if;
    end if;
    return null;
end;
$interlock$;
comment on function interlock."parcel_mirror_loaded"() is 'parcel: refuse what depot.van.is_loaded cannot be.';
revoke execute on function interlock."parcel_mirror_loaded"() from public;


-- step 15 (arm): create function interlock.parcel_mirror_sent
-- why:  refuse what depot.van.has_sent cannot be
-- lock: none
-- One compiled trigger function of a machine.
--
-- It runs as the owner of schema interlock (it writes the history, which nobody else may), so it is
-- pinned and nobody else may execute it.

create or replace function interlock."parcel_mirror_sent"()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $interlock$
declare
    v_goes boolean := tg_op = 'DELETE';
    v_is   boolean;
begin
    if tg_table_schema <> 'depot' or tg_table_name <> 'van' then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = pg_catalog.format(
                'the guard of machine %s does not serve table %s.%s',
                'parcel', tg_table_schema, tg_table_name
            ),
            hint = 'If the table was renamed: change the spec, then interlock apply';
    end if;
    if tg_op = 'TRUNCATE' then
        perform interlock.record_violation(
            p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
            p_table => array['depot', 'van']::pg_catalog.text[], p_column => null, p_key => '{}',
            p_from => null, p_to => null, p_event => null,
            p_allowed => '{}', p_missing => '{}',
            p_message => pg_catalog.concat('parcel: depot.van', ': it may not be truncated'),
            p_hint => 'Delete its rows one by one: has_sent follows another table'
        );
        return null;
    end if;
    if tg_op = 'UPDATE' then
        v_goes := old.number is distinct from new.number;
        if not v_goes and not (old.has_sent is distinct from new.has_sent) then
            return null;
        end if;
    end if;
    if v_goes then
        select true into v_is
        from "depot"."parcel" as o
        where o.status = 'DELIVERED' and o.carrier is not null and o.carrier = old.number;
        if v_is then
            perform interlock.record_violation(
                p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                p_table => array['depot', 'van']::pg_catalog.text[], p_column => 'number', p_key => pg_catalog.jsonb_build_object('number', pg_catalog.concat(old.number)),
                p_from => null, p_to => null, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel: depot.van ', pg_catalog.concat_ws('/', old.number), case tg_op when 'DELETE' then ': it may not be deleted' else ': its key may not change' end || ': a row of depot.parcel in DELIVERED has it as carrier'),
                p_hint => 'Move that row out of DELIVERED, or to another carrier'
            );
        end if;
    end if;
    if tg_op <> 'DELETE' then
        select true into v_is
        from "depot"."parcel" as o
        where o.status = 'DELIVERED' and o.carrier is not null and o.carrier = new.number;

        if new.has_sent is distinct from (v_is is true) then
            perform interlock.record_violation(
                p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                p_table => array['depot', 'van']::pg_catalog.text[], p_column => 'has_sent', p_key => pg_catalog.jsonb_build_object('number', pg_catalog.concat(new.number)),
                p_from => null, p_to => null, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel: depot.van ', pg_catalog.concat_ws('/', new.number), pg_catalog.concat(': has_sent cannot be ', coalesce(new.has_sent::text, 'null'), ': ', case when v_is then 'a ' else 'no ' end, 'row of depot.parcel in DELIVERED has it as carrier')),
                p_hint => 'has_sent follows depot.parcel: it is true while a row in DELIVERED has this one as carrier; move that row instead'
            );
        end if;
    end if;
    return null;
end;
$interlock$;
comment on function interlock."parcel_mirror_sent"() is 'parcel: refuse what depot.van.has_sent cannot be.';
revoke execute on function interlock."parcel_mirror_sent"() from public;


-- step 16 (arm): create function interlock.parcel_mirrored_sent
-- why:  see at the commit whether depot.van.has_sent agrees
-- lock: none
-- One compiled trigger function of a machine.
--
-- It runs as the owner of schema interlock (it writes the history, which nobody else may), so it is
-- pinned and nobody else may execute it.

create or replace function interlock."parcel_mirrored_sent"()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $interlock$
declare
    v_from  text collate "C";
    v_to    text collate "C";
    v_left  text;
    v_taken text;
    v_key   text;
    v_is    boolean;
    v_there text;
begin
if tg_table_schema <> 'depot' or tg_table_name <> 'parcel' then
    raise exception using
        errcode = 'object_not_in_prerequisite_state',
        message = pg_catalog.format(
            'the guard of machine %s does not serve table %s.%s',
            'parcel', tg_table_schema, tg_table_name
        ),
        hint = 'If the table was renamed: change the spec, then interlock apply';
end if;

    if tg_op <> 'INSERT' then
        v_from := old.status;
        if v_from = 'DELIVERED' then
            v_left := old.carrier;
        end if;
    end if;
    if tg_op <> 'DELETE' then
        v_to := new.status;
        if v_to = 'DELIVERED' then
            v_taken := new.carrier;
        end if;
    end if;
    if v_left is not distinct from v_taken then
        return null;
    end if;
    foreach v_key in array array[v_left, v_taken] loop
        continue when v_key is null;
        v_is := null;
        select true into v_is
        from "depot"."parcel" as o
        where o.status = 'DELIVERED' and o.carrier is not null and o.carrier = v_key;
        v_there := "depot"."interlock_parcel_mirror_sent"(v_key);
        if tg_op = 'DELETE' then
            if coalesce(v_there, 'false') <> (v_is is true)::text then
                perform interlock.record_violation(
                    p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', old.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => '{}', p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), pg_catalog.concat(': has_sent of depot.van ', v_key, ' is ', coalesce(v_there, 'not there'), ', and should be ', (v_is is true)::text)),
                    p_hint => 'has_sent is true while carrier of a row in DELIVERED names it'
                );
            end if;
        else
            if coalesce(v_there, 'false') <> (v_is is true)::text then
                perform interlock.record_violation(
                    p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => '{}', p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': has_sent of depot.van ', v_key, ' is ', coalesce(v_there, 'not there'), ', and should be ', (v_is is true)::text)),
                    p_hint => 'has_sent is true while carrier of a row in DELIVERED names it'
                );
            end if;
        end if;
    end loop;
    return null;
end;
$interlock$;
comment on function interlock."parcel_mirrored_sent"() is 'parcel: see at the commit whether depot.van.has_sent agrees.';
revoke execute on function interlock."parcel_mirrored_sent"() from public;


-- step 17 (arm): create function interlock.parcel_prebirth
-- why:  fill stamps when a row begins
-- lock: none
-- The function that fills stamps and clears columns; it decides nothing that counts.

create or replace function interlock."parcel_prebirth"()
    returns trigger
    language plpgsql
as $interlock$
declare
    v_to   constant pg_catalog.text collate pg_catalog."C" := new.status;
    v_kind pg_catalog.text;
begin
    -- Every operator and function is named in full instead of a pinned search path: this function
    -- runs on every insert and move, and a pin costs a fifth of a bare write.
    if (v_to operator(pg_catalog.=) 'PACKED') is not true then
        if (v_to operator(pg_catalog.=) 'PACKED' or v_to operator(pg_catalog.=) 'SENT' or v_to operator(pg_catalog.=) 'DELIVERED' or v_to operator(pg_catalog.=) 'LOST') is true
            and pg_catalog.has_schema_privilege('depot', 'usage')
            and pg_catalog.has_table_privilege(tg_relid, 'select')
        then
            if not exists (select from "depot"."parcel" as t where t."id" operator(pg_catalog.=) new.id) then
                v_kind := interlock.lifted('parcel', 'birth');
                if v_kind is null then
                    perform interlock.refuse(
                        p_code => 'IL02', p_machine => 'parcel', p_rule => 'birth',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => null, p_to => v_to, p_event => null,
                        p_allowed => array['PACKED']::pg_catalog.text[], p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': a row may not begin as ', coalesce(v_to, 'null'))),
                        p_hint => 'A row begins as PACKED'
                    );
                end if;
                -- The past is taken as it is given: nothing is filled, nothing cleared.
                if (v_kind operator(pg_catalog.=) 'imported') is true then
                    return new;
                end if;
            end if;
        elsif (interlock.lifted('parcel', 'birth') operator(pg_catalog.=) 'imported') is true then
            return new;
        end if;
    end if;
    return new;
end;
$interlock$;
comment on function interlock."parcel_prebirth"() is 'parcel: fill stamps when a row begins.';
revoke execute on function interlock."parcel_prebirth"() from public;


-- step 18 (arm): create function interlock.parcel_premove
-- why:  fill stamps and clear columns when a row moves
-- lock: none
-- The function that fills stamps and clears columns; it decides nothing that counts.

create or replace function interlock."parcel_premove"()
    returns trigger
    language plpgsql
as $interlock$
declare
    v_from constant pg_catalog.text collate pg_catalog."C" := old.status;
    v_to   constant pg_catalog.text collate pg_catalog."C" := new.status;
begin
    -- Every operator and function is named in full instead of a pinned search path: this function
    -- runs on every insert and move, and a pin costs a fifth of a bare write.
    if (v_from operator(pg_catalog.=) v_to) is true then
        return new;
    end if;
    if v_from operator(pg_catalog.=) 'PACKED' then
        if (v_to operator(pg_catalog.=) any (array['SENT', 'LOST']::pg_catalog.text[])) is not true then
            if (v_to operator(pg_catalog.=) any (array['PACKED', 'SENT', 'DELIVERED', 'LOST']::pg_catalog.text[])) is true and interlock.lifted('parcel', 'transition') is null then
                perform interlock.refuse(
                    p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => array['SENT', 'LOST']::pg_catalog.text[], p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_from, ' -> ', v_to, ' is not allowed')),
                    p_hint => 'Allowed from PACKED: SENT, LOST'
                );
            end if;
        end if;
    elsif v_from operator(pg_catalog.=) 'SENT' then
        if (v_to operator(pg_catalog.=) any (array['DELIVERED', 'LOST']::pg_catalog.text[])) is not true then
            if (v_to operator(pg_catalog.=) any (array['PACKED', 'SENT', 'DELIVERED', 'LOST']::pg_catalog.text[])) is true and interlock.lifted('parcel', 'transition') is null then
                perform interlock.refuse(
                    p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => array['DELIVERED', 'LOST']::pg_catalog.text[], p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_from, ' -> ', v_to, ' is not allowed')),
                    p_hint => 'Allowed from SENT: DELIVERED, LOST'
                );
            end if;
        end if;
    elsif v_from operator(pg_catalog.=) 'DELIVERED' then
        if (v_to operator(pg_catalog.=) any (array['PACKED', 'SENT', 'DELIVERED', 'LOST']::pg_catalog.text[])) is true and interlock.lifted('parcel', 'transition') is null then
            perform interlock.refuse(
                p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                p_from => v_from, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_from, ' -> ', v_to, ' is not allowed')),
                p_hint => 'No move leads out of DELIVERED: it is final'
            );
        end if;
    elsif v_from operator(pg_catalog.=) 'LOST' then
        if (v_to operator(pg_catalog.=) any (array['PACKED', 'SENT', 'DELIVERED', 'LOST']::pg_catalog.text[])) is true and interlock.lifted('parcel', 'transition') is null then
            perform interlock.refuse(
                p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                p_from => v_from, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_from, ' -> ', v_to, ' is not allowed')),
                p_hint => 'No move leads out of LOST: it is final'
            );
        end if;
    end if;
    return new;
end;
$interlock$;
comment on function interlock."parcel_premove"() is 'parcel: fill stamps and clear columns when a row moves.';
revoke execute on function interlock."parcel_premove"() from public;


-- step 19 (arm): create function interlock.parcel_birth
-- why:  judge how a row begins, and record it
-- lock: none
-- One compiled trigger function of a machine.
--
-- It runs as the owner of schema interlock (it writes the history, which nobody else may), so it is
-- pinned and nobody else may execute it.

create or replace function interlock."parcel_birth"()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $interlock$
declare
    v_from  constant text collate "C" := null;
    v_to    constant text collate "C" := new.status;
    v_kind  text;
begin
    if tg_table_schema <> 'depot' or tg_table_name <> 'parcel' then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = pg_catalog.format(
                'the guard of machine %s does not serve table %s.%s',
                'parcel', tg_table_schema, tg_table_name
            ),
            hint = 'If the table was renamed: change the spec, then interlock apply';
    end if;
    if (v_to = 'PACKED') is not true then
        v_kind := interlock.refuse_unless_lifted(
            p_code => 'IL02', p_machine => 'parcel', p_rule => 'birth',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
            p_from => null, p_to => v_to, p_event => null,
            p_allowed => array['PACKED']::pg_catalog.text[], p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': a row may not begin as ', coalesce(v_to, 'null'))),
            p_hint => 'A row begins as PACKED'
        );
    end if;
    if exists (select from interlock."parcel_tombstone" as t where t."key_id" = new.id) then
        v_kind := interlock.refuse_unless_lifted(
            p_code => 'IL02', p_machine => 'parcel', p_rule => 'birth',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'id', p_key => pg_catalog.jsonb_build_object('id', new.id),
            p_from => null, p_to => v_to, p_event => null,
            p_allowed => '{}', p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': this key was used before, and its row deleted'),
            p_hint => 'Use a new key: a history belongs to one row'
        );
    end if;
    if pg_catalog.current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        -- A tombstone that was committed after our snapshot is not seen, but its key is: 40001.
        insert into interlock."parcel_tombstone" as t ("key_id", state_name)
        values (new.id, v_to)
        on conflict do nothing;
        delete from interlock."parcel_tombstone" as t where t."key_id" = new.id;
    end if;
    if v_to in ('PACKED', 'SENT') and new.carrier is not null then
        declare
            v_taken constant text := case when v_to in ('PACKED', 'SENT') then new.carrier end;
            v_sure  boolean;
            v_is    boolean;
            v_done  boolean;
        begin
            -- Where nothing is left, what is taken is true while this very row holds it, which nobody else can
            -- change now: no lock is needed before the write.
            if true then
                select true into v_sure
                from "depot"."parcel" as o
                where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_taken;
            end if;
            if v_sure is not true then
                -- Both rows are locked first, in the order of their keys; so what is found afterwards is all
                -- that was committed. And each is written, whether or not its value changes: only so does a
                -- session with an older snapshot fail (40001), which would not see what is found here.
                perform "depot"."interlock_parcel_mirror_loaded"(v_taken, null, null);
            end if;
            if v_taken is not null then
                v_is := v_sure;
                if v_sure is not true then
                    select true into v_is
                    from "depot"."parcel" as o
                    where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_taken;
                end if;
                v_done := "depot"."interlock_parcel_mirror_loaded"(v_taken, null, v_is is true);
                if v_done is not true then
                    if v_done is false then
                        perform interlock.refuse(
                            p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => null,
                            p_allowed => '{}', p_missing => '{}',
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': another trigger keeps is_loaded of', ' depot.van ', v_taken, ' from being ', (v_is is true)::text)),
                            p_hint => 'A BEFORE trigger of depot.van returned null, or wrote another value'
                        );
                    end if;
                    if v_is then
                        perform interlock.refuse(
                            p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => null,
                            p_allowed => '{}', p_missing => array['carrier']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': no row of depot.van has number = ', v_taken)),
                            p_hint => 'While a row is in PACKED, SENT, carrier names a row of depot.van, where is_loaded is then true'
                        );
                    end if;
                end if;
            end if;
        end;
    end if;
    insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state")
    values (new.id, coalesce(v_kind, 'birth'), null, v_from, v_to);
    return null;
end;
$interlock$;
comment on function interlock."parcel_birth"() is 'parcel: judge how a row begins, and record it.';
revoke execute on function interlock."parcel_birth"() from public;


-- step 20 (arm): create function interlock.parcel_change
-- why:  judge every change of a row, and record it
-- lock: none
-- One compiled trigger function of a machine.
--
-- It runs as the owner of schema interlock (it writes the history, which nobody else may), so it is
-- pinned and nobody else may execute it.

create or replace function interlock."parcel_change"()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $interlock$
declare
    v_from  text collate "C";
    v_to    text collate "C";
    v_event text;
    v_kind  text;  -- what lets a refused write through: the kind of its entry
begin
    -- The way out that most updates take comes before all that costs.
    if not (old.status is distinct from new.status) then
        if not (old.id is distinct from new.id
        or old.carrier is distinct from new.carrier) then
            return null;
        end if;
        v_from := old.status;
        v_to := new.status;
        if current_setting('interlock.lift', true) is not null then
            if interlock.lifted('parcel', 'entry') = 'backfill' then
                if old.id is distinct from new.id then
                    perform interlock.refuse(
                        p_code => 'IL07', p_machine => 'parcel', p_rule => 'freeze',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'id', p_key => pg_catalog.jsonb_build_object('id', old.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), ': the key id may not change'),
                        p_hint => 'Insert a new row: a history belongs to one key'
                    );
                end if;
                if (v_from in ('PACKED', 'SENT')) is distinct from (v_to in ('PACKED', 'SENT'))
                    or (v_to in ('PACKED', 'SENT')) and old.carrier is distinct from new.carrier then
                    declare
                        v_left  constant text := case when v_from in ('PACKED', 'SENT') then old.carrier end;
                        v_taken constant text := case when v_to in ('PACKED', 'SENT') then new.carrier end;
                        v_sure  boolean;
                        v_is    boolean;
                        v_done  boolean;
                    begin
                        -- Where nothing is left, what is taken is true while this very row holds it, which nobody else can
                        -- change now: no lock is needed before the write.
                        if v_left is null then
                            select true into v_sure
                            from "depot"."parcel" as o
                            where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_taken;
                        end if;
                        if v_sure is not true then
                            -- Both rows are locked first, in the order of their keys; so what is found afterwards is all
                            -- that was committed. And each is written, whether or not its value changes: only so does a
                            -- session with an older snapshot fail (40001), which would not see what is found here.
                            perform "depot"."interlock_parcel_mirror_loaded"(v_left, v_taken, null);
                        end if;
                        if v_left is not null then
                            select true into v_is
                            from "depot"."parcel" as o
                            where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_left;
                            v_done := "depot"."interlock_parcel_mirror_loaded"(v_left, null, v_is is true);
                            if v_done is false then
                                perform interlock.refuse(
                                    p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', old.id),
                                    p_from => v_from, p_to => v_to, p_event => null,
                                    p_allowed => '{}', p_missing => '{}',
                                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), pg_catalog.concat(': another trigger keeps is_loaded of', ' depot.van ', v_left, ' from being ', (v_is is true)::text)),
                                    p_hint => 'A BEFORE trigger of depot.van returned null, or wrote another value'
                                );
                            end if;
                        end if;
                        if v_taken is not null then
                            v_is := v_sure;
                            if v_sure is not true then
                                select true into v_is
                                from "depot"."parcel" as o
                                where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_taken;
                            end if;
                            v_done := "depot"."interlock_parcel_mirror_loaded"(v_taken, null, v_is is true);
                            if v_done is not true then
                                if v_done is false then
                                    perform interlock.refuse(
                                        p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                                        p_from => v_from, p_to => v_to, p_event => null,
                                        p_allowed => '{}', p_missing => '{}',
                                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': another trigger keeps is_loaded of', ' depot.van ', v_taken, ' from being ', (v_is is true)::text)),
                                        p_hint => 'A BEFORE trigger of depot.van returned null, or wrote another value'
                                    );
                                end if;
                                if v_is then
                                    perform interlock.refuse(
                                        p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                                        p_from => v_from, p_to => v_to, p_event => null,
                                        p_allowed => '{}', p_missing => array['carrier']::pg_catalog.text[],
                                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': no row of depot.van has number = ', v_taken)),
                                        p_hint => 'While a row is in PACKED, SENT, carrier names a row of depot.van, where is_loaded is then true'
                                    );
                                end if;
                            end if;
                        end if;
                    end;
                end if;
                return null;
            end if;
        end if;
    else
        v_from := old.status;
        v_to := new.status;
        if current_setting('interlock.lift', true) is not null then
            if interlock.lifted('parcel', 'entry') = 'backfill' then
                if old.id is distinct from new.id then
                    perform interlock.refuse(
                        p_code => 'IL07', p_machine => 'parcel', p_rule => 'freeze',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'id', p_key => pg_catalog.jsonb_build_object('id', old.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), ': the key id may not change'),
                        p_hint => 'Insert a new row: a history belongs to one key'
                    );
                end if;
                if (v_from in ('PACKED', 'SENT')) is distinct from (v_to in ('PACKED', 'SENT'))
                    or (v_to in ('PACKED', 'SENT')) and old.carrier is distinct from new.carrier then
                    declare
                        v_left  constant text := case when v_from in ('PACKED', 'SENT') then old.carrier end;
                        v_taken constant text := case when v_to in ('PACKED', 'SENT') then new.carrier end;
                        v_sure  boolean;
                        v_is    boolean;
                        v_done  boolean;
                    begin
                        -- Where nothing is left, what is taken is true while this very row holds it, which nobody else can
                        -- change now: no lock is needed before the write.
                        if v_left is null then
                            select true into v_sure
                            from "depot"."parcel" as o
                            where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_taken;
                        end if;
                        if v_sure is not true then
                            -- Both rows are locked first, in the order of their keys; so what is found afterwards is all
                            -- that was committed. And each is written, whether or not its value changes: only so does a
                            -- session with an older snapshot fail (40001), which would not see what is found here.
                            perform "depot"."interlock_parcel_mirror_loaded"(v_left, v_taken, null);
                        end if;
                        if v_left is not null then
                            select true into v_is
                            from "depot"."parcel" as o
                            where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_left;
                            v_done := "depot"."interlock_parcel_mirror_loaded"(v_left, null, v_is is true);
                            if v_done is false then
                                perform interlock.refuse(
                                    p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', old.id),
                                    p_from => v_from, p_to => v_to, p_event => null,
                                    p_allowed => '{}', p_missing => '{}',
                                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), pg_catalog.concat(': another trigger keeps is_loaded of', ' depot.van ', v_left, ' from being ', (v_is is true)::text)),
                                    p_hint => 'A BEFORE trigger of depot.van returned null, or wrote another value'
                                );
                            end if;
                        end if;
                        if v_taken is not null then
                            v_is := v_sure;
                            if v_sure is not true then
                                select true into v_is
                                from "depot"."parcel" as o
                                where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_taken;
                            end if;
                            v_done := "depot"."interlock_parcel_mirror_loaded"(v_taken, null, v_is is true);
                            if v_done is not true then
                                if v_done is false then
                                    perform interlock.refuse(
                                        p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                                        p_from => v_from, p_to => v_to, p_event => null,
                                        p_allowed => '{}', p_missing => '{}',
                                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': another trigger keeps is_loaded of', ' depot.van ', v_taken, ' from being ', (v_is is true)::text)),
                                        p_hint => 'A BEFORE trigger of depot.van returned null, or wrote another value'
                                    );
                                end if;
                                if v_is then
                                    perform interlock.refuse(
                                        p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                                        p_from => v_from, p_to => v_to, p_event => null,
                                        p_allowed => '{}', p_missing => array['carrier']::pg_catalog.text[],
                                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': no row of depot.van has number = ', v_taken)),
                                        p_hint => 'While a row is in PACKED, SENT, carrier names a row of depot.van, where is_loaded is then true'
                                    );
                                end if;
                            end if;
                        end if;
                    end;
                end if;
                return null;
            end if;
        end if;
        if v_from = 'PACKED' then
            if v_to = 'SENT' then
                if "depot"."interlock_parcel_guard_32f18e72"(new.carrier) is true then
                    v_event := 'send';
                else
                    v_kind := interlock.refuse_unless_lifted(
                        p_code => 'IL04', p_machine => 'parcel', p_rule => 'guard',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => v_from, p_to => v_to, p_event => 'send',
                        p_allowed => array['SENT', 'LOST']::pg_catalog.text[], p_missing => array['depot.van.is_broken']::pg_catalog.text[],
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': PACKED -> SENT needs not is_broken (on depot.van)'),
                        p_hint => 'send is allowed once this holds: not is_broken (on depot.van)'
                    );
                    v_event := 'send';
                end if;
            elsif v_to = 'LOST' then
                v_event := 'lose';
            else
                v_kind := interlock.refuse_unless_lifted(
                    p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => array['SENT', 'LOST']::pg_catalog.text[], p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', coalesce(v_from, 'null'), ' -> ', coalesce(v_to, 'null'), ' is not allowed')),
                    p_hint => 'Allowed from PACKED: SENT, LOST'
                );
            end if;
        elsif v_from = 'SENT' then
            if v_to = 'DELIVERED' then
                v_event := 'deliver';
            elsif v_to = 'LOST' then
                v_event := 'lose';
            else
                v_kind := interlock.refuse_unless_lifted(
                    p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => array['DELIVERED', 'LOST']::pg_catalog.text[], p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', coalesce(v_from, 'null'), ' -> ', coalesce(v_to, 'null'), ' is not allowed')),
                    p_hint => 'Allowed from SENT: DELIVERED, LOST'
                );
            end if;
        else
            v_kind := interlock.refuse_unless_lifted(
                p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                p_from => v_from, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', coalesce(v_from, 'null'), ' -> ', coalesce(v_to, 'null'), ' is not allowed')),
                p_hint => pg_catalog.concat('No move leads out of ', coalesce(v_from, 'null'))
            );
        end if;
    end if;
    if tg_table_schema <> 'depot' or tg_table_name <> 'parcel' then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = pg_catalog.format(
                'the guard of machine %s does not serve table %s.%s',
                'parcel', tg_table_schema, tg_table_name
            ),
            hint = 'If the table was renamed: change the spec, then interlock apply';
    end if;
    if old.id is distinct from new.id then
        if old.id is distinct from new.id then
            perform interlock.refuse(
                p_code => 'IL07', p_machine => 'parcel', p_rule => 'freeze',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'id', p_key => pg_catalog.jsonb_build_object('id', old.id),
                p_from => v_from, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), ': the key id may not change'),
                p_hint => 'Insert a new row: a history belongs to one key'
            );
        end if;
    end if;
    if (v_from in ('PACKED', 'SENT')) is distinct from (v_to in ('PACKED', 'SENT'))
        or (v_to in ('PACKED', 'SENT')) and old.carrier is distinct from new.carrier then
        declare
            v_left  constant text := case when v_from in ('PACKED', 'SENT') then old.carrier end;
            v_taken constant text := case when v_to in ('PACKED', 'SENT') then new.carrier end;
            v_sure  boolean;
            v_is    boolean;
            v_done  boolean;
        begin
            -- Where nothing is left, what is taken is true while this very row holds it, which nobody else can
            -- change now: no lock is needed before the write.
            if v_left is null then
                select true into v_sure
                from "depot"."parcel" as o
                where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_taken;
            end if;
            if v_sure is not true then
                -- Both rows are locked first, in the order of their keys; so what is found afterwards is all
                -- that was committed. And each is written, whether or not its value changes: only so does a
                -- session with an older snapshot fail (40001), which would not see what is found here.
                perform "depot"."interlock_parcel_mirror_loaded"(v_left, v_taken, null);
            end if;
            if v_left is not null then
                select true into v_is
                from "depot"."parcel" as o
                where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_left;
                v_done := "depot"."interlock_parcel_mirror_loaded"(v_left, null, v_is is true);
                if v_done is false then
                    perform interlock.refuse(
                        p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', old.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), pg_catalog.concat(': another trigger keeps is_loaded of', ' depot.van ', v_left, ' from being ', (v_is is true)::text)),
                        p_hint => 'A BEFORE trigger of depot.van returned null, or wrote another value'
                    );
                end if;
            end if;
            if v_taken is not null then
                v_is := v_sure;
                if v_sure is not true then
                    select true into v_is
                    from "depot"."parcel" as o
                    where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_taken;
                end if;
                v_done := "depot"."interlock_parcel_mirror_loaded"(v_taken, null, v_is is true);
                if v_done is not true then
                    if v_done is false then
                        perform interlock.refuse(
                            p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => null,
                            p_allowed => '{}', p_missing => '{}',
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': another trigger keeps is_loaded of', ' depot.van ', v_taken, ' from being ', (v_is is true)::text)),
                            p_hint => 'A BEFORE trigger of depot.van returned null, or wrote another value'
                        );
                    end if;
                    if v_is then
                        perform interlock.refuse(
                            p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => null,
                            p_allowed => '{}', p_missing => array['carrier']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': no row of depot.van has number = ', v_taken)),
                            p_hint => 'While a row is in PACKED, SENT, carrier names a row of depot.van, where is_loaded is then true'
                        );
                    end if;
                end if;
            end if;
        end;
    end if;
    if v_from is distinct from v_to or v_kind is not null then
        insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state")
        values (new.id, coalesce(v_kind, 'move'), v_event, v_from, v_to);
    end if;
    return null;
end;
$interlock$;
comment on function interlock."parcel_change"() is 'parcel: judge every change of a row, and record it.';
revoke execute on function interlock."parcel_change"() from public;


-- step 21 (arm): create function interlock.parcel_death
-- why:  judge how a row ends, and record it
-- lock: none
-- One compiled trigger function of a machine.
--
-- It runs as the owner of schema interlock (it writes the history, which nobody else may), so it is
-- pinned and nobody else may execute it.

create or replace function interlock."parcel_death"()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $interlock$
declare
    v_from  constant text collate "C" := old.status;
    v_to    constant text collate "C" := null;
    v_kind  text;
begin
    if tg_table_schema <> 'depot' or tg_table_name <> 'parcel' then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = pg_catalog.format(
                'the guard of machine %s does not serve table %s.%s',
                'parcel', tg_table_schema, tg_table_name
            ),
            hint = 'If the table was renamed: change the spec, then interlock apply';
    end if;
    if (v_from in ('PACKED', 'SENT')) is not true then
        v_kind := interlock.refuse_unless_lifted(
            p_code => 'IL03', p_machine => 'parcel', p_rule => 'death',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', old.id),
            p_from => v_from, p_to => null, p_event => null,
            p_allowed => array['PACKED', 'SENT']::pg_catalog.text[], p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), pg_catalog.concat(': a row in ', coalesce(v_from, 'null'), ' may not be deleted')),
            p_hint => 'Rows may be deleted from PACKED, SENT'
        );
    end if;
    insert into interlock."parcel_tombstone" ("key_id", state_name)
    values (old.id, v_from)
    on conflict do nothing;
    if v_from in ('PACKED', 'SENT') and old.carrier is not null then
        declare
            v_left  constant text := case when v_from in ('PACKED', 'SENT') then old.carrier end;
            v_is    boolean;
            v_done  boolean;
        begin
            -- Both rows are locked first, in the order of their keys; so what is found afterwards is all
            -- that was committed. And each is written, whether or not its value changes: only so does a
            -- session with an older snapshot fail (40001), which would not see what is found here.
            perform "depot"."interlock_parcel_mirror_loaded"(v_left, null, null);
            if v_left is not null then
                select true into v_is
                from "depot"."parcel" as o
                where o.status in ('PACKED', 'SENT') and o.carrier is not null and o.carrier = v_left;
                v_done := "depot"."interlock_parcel_mirror_loaded"(v_left, null, v_is is true);
                if v_done is false then
                    perform interlock.refuse(
                        p_code => 'IL09', p_machine => 'parcel', p_rule => 'mirror',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', old.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), pg_catalog.concat(': another trigger keeps is_loaded of', ' depot.van ', v_left, ' from being ', (v_is is true)::text)),
                        p_hint => 'A BEFORE trigger of depot.van returned null, or wrote another value'
                    );
                end if;
            end if;
        end;
    end if;
    insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state")
    values (old.id, coalesce(v_kind, 'death'), null, v_from, v_to);
    return null;
end;
$interlock$;
comment on function interlock."parcel_death"() is 'parcel: judge how a row ends, and record it.';
revoke execute on function interlock."parcel_death"() from public;


-- step 22 (arm): create function interlock.parcel_fire
-- why:  move a row by an event
-- lock: none
-- Move one row by an event: what interlock.fire calls.
--
-- With the rights of whoever calls it: it can do nothing that an update of his could not.

create or replace function interlock."parcel_fire"(
    p_key jsonb, p_event text, p_set jsonb, p_expect text
)
    returns jsonb
    language plpgsql
as $interlock$
declare
    v_from    pg_catalog.text collate pg_catalog."C";
    v_to      pg_catalog.text collate pg_catalog."C";
    v_key     pg_catalog.text[];
    v_set     pg_catalog.text[];
    v_targets pg_catalog.text[];
    v_target  pg_catalog.text;
    v_detail  pg_catalog.text;
    v_key_1   bigint;
begin
    -- Everything is named in full, and nothing pinned where the caller's rights are used: a pin would
    -- be the search path of the application's own triggers, too.
    v_key := interlock.read_key(p_key, array['id']::pg_catalog.text[]);
    v_key_1 := v_key[1];
    select t."status" into v_from
    from "depot"."parcel" as t
    where t."id" operator(pg_catalog.=) v_key_1
    for no key update;
    if not found then
        perform interlock.refuse(
            p_code => 'IL08', p_machine => 'parcel', p_rule => 'stale',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', v_key_1),
            p_from => null, p_to => null, p_event => null,
            p_allowed => '{}', p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), ': there is no such row'),
            p_hint => 'Either it was never there, or is gone, or you may not see it'
        );
    end if;
    if p_expect is not null and (v_from operator(pg_catalog.=) p_expect) is not true then
        perform interlock.refuse(
            p_code => 'IL08', p_machine => 'parcel', p_rule => 'stale',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', v_key_1),
            p_from => v_from, p_to => null, p_event => p_event,
            p_allowed => case when v_from operator(pg_catalog.=) 'PACKED' then array['SENT', 'LOST']::pg_catalog.text[] when v_from operator(pg_catalog.=) 'SENT' then array['DELIVERED', 'LOST']::pg_catalog.text[] else '{}' end, p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), pg_catalog.concat(': is ', coalesce(v_from, 'null'), ', and not ', p_expect, ' as expected')),
            p_hint => 'Somebody was first: read the row again, and decide anew'
        );
    end if;
    if p_event operator(pg_catalog.=) 'send' then
        v_to := 'SENT';
        v_targets := case
            when v_from operator(pg_catalog.=) any (array['PACKED']::pg_catalog.text[]) then array['SENT']::pg_catalog.text[]
        end;
    elsif p_event operator(pg_catalog.=) 'deliver' then
        v_to := 'DELIVERED';
        v_targets := case
            when v_from operator(pg_catalog.=) any (array['SENT']::pg_catalog.text[]) then array['DELIVERED']::pg_catalog.text[]
        end;
    elsif p_event operator(pg_catalog.=) 'lose' then
        v_to := 'LOST';
        v_targets := case
            when v_from operator(pg_catalog.=) any (array['PACKED', 'SENT']::pg_catalog.text[]) then array['LOST']::pg_catalog.text[]
        end;
    else
        perform interlock.refuse_unknown('event', p_event, array['send', 'deliver', 'lose']::pg_catalog.text[]);
    end if;
    if v_targets is null then
        perform interlock.refuse(
            p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', v_key_1),
            p_from => v_from, p_to => v_to, p_event => p_event,
            p_allowed => case when v_from operator(pg_catalog.=) 'PACKED' then array['SENT', 'LOST']::pg_catalog.text[] when v_from operator(pg_catalog.=) 'SENT' then array['DELIVERED', 'LOST']::pg_catalog.text[] else '{}' end, p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), pg_catalog.concat(': no ', p_event, ' from ', coalesce(v_from, 'null'))),
            p_hint => case when v_from operator(pg_catalog.=) 'PACKED' then 'Events from PACKED: send, lose' when v_from operator(pg_catalog.=) 'SENT' then 'Events from SENT: deliver, lose' else pg_catalog.concat('No event leads out of ', v_from) end
        );
    end if;
    v_set := interlock.read_set(p_set, '"depot"."parcel"'::pg_catalog.regclass, array['status', 'id']::pg_catalog.text[]);

    v_target := v_targets[1];
    if v_set is null then
        update "depot"."parcel" as t
        set "status" = v_target
        where t."id" operator(pg_catalog.=) v_key_1
        returning t."status" into v_to;
    else
        execute pg_catalog.format(
            'update "depot"."parcel" as t set "status" = $1, %s from pg_catalog.jsonb_to_record($2) as s (%s) where t."id" operator(pg_catalog.=) $3 returning t."status"',
            v_set[1], v_set[2]
        )
        into v_to
        using v_target, p_set, v_key_1;
    end if;
    if v_to is null then
        raise exception using
            errcode := 'object_not_in_prerequisite_state',
            message := pg_catalog.concat('another trigger has kept the row from ', p_event),
            hint := 'A BEFORE trigger of the table returned null, or emptied the state';
    end if;
    return pg_catalog.jsonb_build_object(
        'machine', 'parcel', 'key', pg_catalog.jsonb_build_object('id', v_key_1), 'event', p_event, 'from', v_from, 'to', v_to
    );
end;
$interlock$;
comment on function interlock."parcel_fire"(jsonb, text, jsonb, text) is 'parcel: move a row by an event.';
grant execute on function interlock."parcel_fire"(jsonb, text, jsonb, text) to public;


-- step 23 (arm): create function interlock.parcel_allowed
-- why:  say what a row could do next
-- lock: none
-- Say which events a row could make, and what each one lacks: what interlock.allowed calls.
--
-- With the rights of whoever calls it: he must be able to read the row.

create or replace function interlock."parcel_allowed"(p_key jsonb)
    returns table (event text, to_state text, possible boolean, missing text[], needs text[])
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $interlock$
declare
    v_key   text[];
    v_from  text collate "C";
    v_row   record;
    v_key_1   bigint;
begin
    v_key := interlock.read_key(p_key, array['id']::pg_catalog.text[]);
    v_key_1 := v_key[1];
    select t."status", t."carrier" into v_row
    from "depot"."parcel" as t
    where t."id" operator(pg_catalog.=) v_key_1;
    if not found then
        perform interlock.refuse(
            p_code => 'IL08', p_machine => 'parcel', p_rule => 'stale',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', v_key_1),
            p_from => null, p_to => null, p_event => null,
            p_allowed => '{}', p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), ': there is no such row'),
            p_hint => 'Either it was never there, or is gone, or you may not see it'
        );
    end if;
    v_from := v_row.status;
    if v_from = 'PACKED' then
        event := 'send';
        to_state := 'SENT';
        missing := '{}';
        needs := '{}';
        if (exists (select from "depot"."van" as g where g.number = v_row.carrier and (not g.is_broken) is true)) is not true then
            missing := missing || array['depot.van.is_broken']::pg_catalog.text[]::text[];
            needs := needs || 'not is_broken (on depot.van)'::text;
        end if;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'SENT' then
        event := 'deliver';
        to_state := 'DELIVERED';
        missing := '{}';
        needs := '{}';

        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'PACKED' then
        event := 'lose';
        to_state := 'LOST';
        missing := '{}';
        needs := '{}';

        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'SENT' then
        event := 'lose';
        to_state := 'LOST';
        missing := '{}';
        needs := '{}';

        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
end;
$interlock$;
comment on function interlock."parcel_allowed"(jsonb) is 'parcel: say what a row could do next.';
grant execute on function interlock."parcel_allowed"(jsonb) to public;


-- step 24 (arm): create function depot.interlock_parcel_row
-- why:  the row rules, compiled
-- lock: none
-- The row rules of a machine over the columns they read; the CHECK calls it.
--
-- In the table's own schema, so that a dump of that schema stays whole.

create or replace function "depot"."interlock_parcel_row"(p_1 bigint, p_2 text)
    returns boolean
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $interlock$
begin
    if p_2 in ('PACKED', 'SENT', 'DELIVERED', 'LOST') then
        if true then
            return true;
        end if;
    else
        perform interlock.refuse(
            p_code => 'IL11', p_machine => 'parcel', p_rule => 'known_state',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', p_1),
            p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
            p_allowed => '{}', p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': status is not a state of this machine'),
            p_hint => 'Known states: PACKED, SENT, DELIVERED, LOST'
        );
    end if;
    return true;
end;
$interlock$;
comment on function "depot"."interlock_parcel_row"(bigint, text) is 'parcel: refuse a row that breaks a row rule.';


-- step 25 (arm): create registry parcel
-- why:  the spec, as one version more
-- lock: none
-- Write the machine into the registry, as one version more, and what was done into the journal.

insert into interlock.journal (machine_name, event, detail)
select
    asked.machine_name,
    case
        when m.machine_name is null then 'install'
        when m.mode <> 'enforce' or (before.modes is distinct from ('{"mirror.sent": "observe"}')::jsonb) then 'mode'
        else 'change'
    end,
    pg_catalog.jsonb_build_object(
        'version', 1 + coalesce((
            select pg_catalog.max(v.version) from interlock.machine_version as v
            where v.machine_name = asked.machine_name
        ), 0),
        'mode', 'enforce',
        'mode_before', m.mode,
        'rule_modes', ('{"mirror.sent": "observe"}')::jsonb,
        'rule_modes_before', before.modes,
        'definition_sha256', pg_catalog.encode(
            pg_catalog.sha256(pg_catalog.convert_to(('{"audit": {"actor": "optional", "columns": [], "erasable": [], "retain": null}, "checks": "function", "continuity": "verify", "deletion": ["PACKED", "SENT"], "final": ["DELIVERED", "LOST"], "initial": ["PACKED"], "invariants": [], "key": [], "mirrors": [{"column": "is_loaded", "key": "carrier", "name": "loaded", "states": ["PACKED", "SENT"], "table": {"name": "van", "schema": "depot"}}, {"column": "has_sent", "key": "carrier", "name": "sent", "states": ["DELIVERED"], "table": {"name": "van", "schema": "depot"}}], "mode": "enforce", "modes": [["mirror.sent", "observe"]], "name": "parcel", "outbox": null, "rows": [], "stamps": [], "state": "status", "table": {"name": "parcel", "schema": "depot"}, "transitions": [{"by": [], "event": "send", "from_state": "PACKED", "guard": null, "guard_on": {"check": {"columns": ["is_broken"], "functions": [], "text": "not is_broken"}, "key": "carrier", "table": {"name": "van", "schema": "depot"}}, "reason": "optional", "to_state": "SENT"}, {"by": [], "event": "deliver", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "DELIVERED"}, {"by": [], "event": "lose", "from_state": "PACKED", "guard": null, "reason": "optional", "to_state": "LOST"}, {"by": [], "event": "lose", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "LOST"}], "unenforced": []}'::jsonb)::text, 'UTF8')), 'hex'
        )
    )
from (values ('parcel')) as asked (machine_name)
left join interlock.machine as m on m.machine_name = asked.machine_name
cross join lateral (
    select coalesce(pg_catalog.jsonb_object_agg(pair.one ->> 0, pair.one -> 1), '{}') as modes
    from pg_catalog.jsonb_array_elements(m.definition -> 'modes') as pair (one)
) as before;
insert into interlock.machine (
    machine_name, table_oid, schema_name, table_name, state_column, state_attnum, key_columns,
    mode, checks, continuity, definition, version, adopted_after
)
select
    'parcel', '"depot"."parcel"'::regclass, 'depot', 'parcel', 'status',
    2, array['id']::pg_catalog.text[], 'enforce', 'function', 'verify', '{"audit": {"actor": "optional", "columns": [], "erasable": [], "retain": null}, "checks": "function", "continuity": "verify", "deletion": ["PACKED", "SENT"], "final": ["DELIVERED", "LOST"], "initial": ["PACKED"], "invariants": [], "key": [], "mirrors": [{"column": "is_loaded", "key": "carrier", "name": "loaded", "states": ["PACKED", "SENT"], "table": {"name": "van", "schema": "depot"}}, {"column": "has_sent", "key": "carrier", "name": "sent", "states": ["DELIVERED"], "table": {"name": "van", "schema": "depot"}}], "mode": "enforce", "modes": [["mirror.sent", "observe"]], "name": "parcel", "outbox": null, "rows": [], "stamps": [], "state": "status", "table": {"name": "parcel", "schema": "depot"}, "transitions": [{"by": [], "event": "send", "from_state": "PACKED", "guard": null, "guard_on": {"check": {"columns": ["is_broken"], "functions": [], "text": "not is_broken"}, "key": "carrier", "table": {"name": "van", "schema": "depot"}}, "reason": "optional", "to_state": "SENT"}, {"by": [], "event": "deliver", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "DELIVERED"}, {"by": [], "event": "lose", "from_state": "PACKED", "guard": null, "reason": "optional", "to_state": "LOST"}, {"by": [], "event": "lose", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "LOST"}], "unenforced": []}',
    1 + coalesce((
        select pg_catalog.max(v.version) from interlock.machine_version as v
        where v.machine_name = 'parcel'
    ), 0),
    coalesce(pg_catalog.pg_sequence_last_value(
        pg_catalog.pg_get_serial_sequence('interlock."parcel_audit"', 'id')::regclass
    ), 0)
on conflict (machine_name) do update set
    table_oid = excluded.table_oid, schema_name = excluded.schema_name,
    table_name = excluded.table_name, state_column = excluded.state_column,
    state_attnum = excluded.state_attnum, key_columns = excluded.key_columns,
    mode = excluded.mode, checks = excluded.checks, continuity = excluded.continuity,
    definition = excluded.definition, version = excluded.version,
    judged = case when machine.judged = '0900a6910ee93ec9' then machine.judged end,
    applied_at = pg_catalog.now(), applied_by = session_user;
delete from interlock.state where machine_name = 'parcel';
delete from interlock.transition where machine_name = 'parcel';
delete from interlock.rule where machine_name = 'parcel';
insert into interlock.state (machine_name, state_name, is_initial, is_final)
values
('parcel', 'PACKED', true, false),
('parcel', 'SENT', false, false),
('parcel', 'DELIVERED', false, true),
('parcel', 'LOST', false, true);
insert into interlock.transition (machine_name, event_name, from_state, to_state, guard)
select * from (values
('parcel', 'send', 'PACKED', 'SENT', 'not is_broken (on depot.van)'),
('parcel', 'deliver', 'SENT', 'DELIVERED', null),
('parcel', 'lose', 'PACKED', 'LOST', null),
('parcel', 'lose', 'SENT', 'LOST', null)) as t (machine_name, event_name, from_state, to_state, guard)
where t.event_name is not null;
insert into interlock.rule (machine_name, code, rule_name, predicate)
values
('parcel', 'IL02', 'birth', null),
('parcel', 'IL03', 'death', null),
('parcel', 'IL08', 'stale', null),
('parcel', 'IL01', 'transition', null),
('parcel', 'IL04', 'guard', null),
('parcel', 'IL05', 'authority', null),
('parcel', 'IL10', 'continuity', null),
('parcel', 'IL07', 'freeze', null),
('parcel', 'IL11', 'known_state', null),
('parcel', 'IL12', 'stamp', null),
('parcel', 'IL13', 'state_row', null),
('parcel', 'IL14', 'invariant', null),
('parcel', 'IL15', 'claim', null),
('parcel', 'IL09', 'mirror', null),
('parcel', 'IL16', 'deadline', null),
('parcel', 'IL06', 'attribution', null);


-- step 26 (arm): lock depot.parcel
-- why:  readers wait too from here to the commit, for step 'create check interlock_parcel_row'
-- lock: AccessExclusive on depot.parcel
lock table "depot"."parcel" in access exclusive mode;


-- step 27 (arm): lock depot.van
-- why:  writers wait from here to the commit; nobody else does
-- lock: ShareRowExclusive on depot.van
lock table "depot"."van" in share row exclusive mode;


-- step 28 (arm): create trigger interlock_10_parcel_prebirth
-- why:  fire the function parcel_prebirth
-- lock: ShareRowExclusive on depot.parcel
-- Fill and clear before the row is stored.

create trigger "interlock_10_parcel_prebirth"
    before insert on "depot"."parcel"
    for each row
    execute function interlock."parcel_prebirth"();
alter table "depot"."parcel" enable always trigger "interlock_10_parcel_prebirth";
comment on trigger "interlock_10_parcel_prebirth" on "depot"."parcel" is 'Machine parcel: prebirth.';


-- step 29 (arm): create trigger interlock_10_parcel_premove
-- why:  fire the function parcel_premove
-- lock: ShareRowExclusive on depot.parcel
-- Fill and clear before the row is stored.

create trigger "interlock_10_parcel_premove"
    before update of "status" on "depot"."parcel"
    for each row
    execute function interlock."parcel_premove"();
alter table "depot"."parcel" enable always trigger "interlock_10_parcel_premove";
comment on trigger "interlock_10_parcel_premove" on "depot"."parcel" is 'Machine parcel: premove.';


-- step 30 (arm): create trigger interlock_50_parcel_birth
-- why:  fire the function parcel_birth
-- lock: ShareRowExclusive on depot.parcel
-- Judge every row after the write, whatever other triggers did to it; always, in every session.

create constraint trigger "interlock_50_parcel_birth"
    after insert on "depot"."parcel"
    not deferrable
    for each row
    execute function interlock."parcel_birth"();
alter table "depot"."parcel" enable always trigger "interlock_50_parcel_birth";
comment on trigger "interlock_50_parcel_birth" on "depot"."parcel" is 'Machine parcel: birth.';


-- step 31 (arm): create trigger interlock_50_parcel_change
-- why:  fire the function parcel_change
-- lock: ShareRowExclusive on depot.parcel
-- Judge every row after the write, whatever other triggers did to it; always, in every session.

create constraint trigger "interlock_50_parcel_change"
    after update on "depot"."parcel"
    not deferrable
    for each row
    execute function interlock."parcel_change"();
alter table "depot"."parcel" enable always trigger "interlock_50_parcel_change";
comment on trigger "interlock_50_parcel_change" on "depot"."parcel" is 'Machine parcel: change.';


-- step 32 (arm): create trigger interlock_50_parcel_death
-- why:  fire the function parcel_death
-- lock: ShareRowExclusive on depot.parcel
-- Judge every row after the write, whatever other triggers did to it; always, in every session.

create constraint trigger "interlock_50_parcel_death"
    after delete on "depot"."parcel"
    not deferrable
    for each row
    execute function interlock."parcel_death"();
alter table "depot"."parcel" enable always trigger "interlock_50_parcel_death";
comment on trigger "interlock_50_parcel_death" on "depot"."parcel" is 'Machine parcel: death.';


-- step 33 (arm): create trigger interlock_90_parcel_truncate
-- why:  fire the function refuse_truncate
-- lock: ShareRowExclusive on depot.parcel
-- No truncate: it would take rows away without judging one of them.

create trigger "interlock_90_parcel_truncate"
    before truncate on "depot"."parcel"
    for each statement
    execute function interlock."refuse_truncate"('parcel');
alter table "depot"."parcel" enable always trigger "interlock_90_parcel_truncate";
comment on trigger "interlock_90_parcel_truncate" on "depot"."parcel" is 'Machine parcel: truncate.';


-- step 34 (arm): create trigger depot.van interlock_50_parcel_mirror_loaded
-- why:  fire the function parcel_mirror_loaded
-- lock: ShareRowExclusive on depot.van
-- What the rows of the machine say is what stands there: judged after each write, whoever makes it.

create constraint trigger "interlock_50_parcel_mirror_loaded"
    after insert or update or delete on "depot"."van"
    not deferrable
    for each row
    execute function interlock."parcel_mirror_loaded"();
alter table "depot"."van" enable always trigger "interlock_50_parcel_mirror_loaded";
comment on trigger "interlock_50_parcel_mirror_loaded" on "depot"."van" is 'Machine parcel: mirror.';


-- step 35 (arm): create trigger depot.van interlock_90_parcel_mirror_loaded
-- why:  fire the function parcel_mirror_loaded
-- lock: ShareRowExclusive on depot.van
-- No truncate: it would take rows away that others point to.

create trigger "interlock_90_parcel_mirror_loaded"
    before truncate on "depot"."van"
    for each statement
    execute function interlock."parcel_mirror_loaded"();
alter table "depot"."van" enable always trigger "interlock_90_parcel_mirror_loaded";
comment on trigger "interlock_90_parcel_mirror_loaded" on "depot"."van" is 'Machine parcel: mirror.';


-- step 36 (arm): create trigger depot.van interlock_50_parcel_mirror_sent
-- why:  fire the function parcel_mirror_sent
-- lock: ShareRowExclusive on depot.van
-- What the rows of the machine say is what stands there: judged after each write, whoever makes it.

create constraint trigger "interlock_50_parcel_mirror_sent"
    after insert or update or delete on "depot"."van"
    not deferrable
    for each row
    execute function interlock."parcel_mirror_sent"();
alter table "depot"."van" enable always trigger "interlock_50_parcel_mirror_sent";
comment on trigger "interlock_50_parcel_mirror_sent" on "depot"."van" is 'Machine parcel: mirror.';


-- step 37 (arm): create trigger depot.van interlock_90_parcel_mirror_sent
-- why:  fire the function parcel_mirror_sent
-- lock: ShareRowExclusive on depot.van
-- No truncate: it would take rows away that others point to.

create trigger "interlock_90_parcel_mirror_sent"
    before truncate on "depot"."van"
    for each statement
    execute function interlock."parcel_mirror_sent"();
alter table "depot"."van" enable always trigger "interlock_90_parcel_mirror_sent";
comment on trigger "interlock_90_parcel_mirror_sent" on "depot"."van" is 'Machine parcel: mirror.';


-- step 38 (arm): create trigger interlock_60_parcel_mirrored_sent
-- why:  fire the function parcel_mirrored_sent
-- lock: ShareRowExclusive on depot.parcel
-- At the commit, when the application has written both tables: does the other one agree?

create constraint trigger "interlock_60_parcel_mirrored_sent"
    after insert or update or delete on "depot"."parcel"
    deferrable initially deferred
    for each row
    execute function interlock."parcel_mirrored_sent"();
alter table "depot"."parcel" enable always trigger "interlock_60_parcel_mirrored_sent";
comment on trigger "interlock_60_parcel_mirrored_sent" on "depot"."parcel" is 'Machine parcel: mirror.';


-- step 39 (arm): create version of parcel
-- why:  an entry is judged by the rules in force when it was written
-- lock: none
-- Which entry of the history is the last under the rules before: told while no writer is at work.

insert into interlock.machine_version (machine_name, version, mode, after_entry, definition)
select
    m.machine_name, m.version, m.mode,
    coalesce(pg_catalog.pg_sequence_last_value(
        pg_catalog.pg_get_serial_sequence('interlock."parcel_audit"', 'id')::regclass
    ), 0),
    m.definition
from interlock.machine as m
where m.machine_name = 'parcel';


-- step 40 (arm): create grant select of the owner of schema interlock
-- why:  the triggers look for another row that holds the same
-- lock: none
-- Let the owner of schema interlock, as whom the triggers judge, read what tells which rows hold the same.

do $interlock$
declare
    v_owner constant name := (
        select n.nspowner::regrole::name from pg_catalog.pg_namespace as n where n.nspname = 'interlock'
    );
begin
    if not has_schema_privilege(v_owner, 'depot', 'usage') then
        execute format('grant usage on schema %I to %I', 'depot', v_owner);
    end if;
    execute format('grant select (%s) on table %s to %I', '"carrier", "id", "status"', '"depot"."parcel"', v_owner);
    if not has_schema_privilege(v_owner, 'depot', 'usage') then
        raise exception using
            errcode = 'insufficient_privilege',
            message = format('role %s may not use schema %s', v_owner, 'depot'),
            hint = format('As its owner: grant usage on schema %I to %I;', 'depot', v_owner);
    end if;
end;
$interlock$;


-- step 41 (arm): create check interlock_parcel_row
-- why:  hold the row rules with every trigger off
-- lock: AccessExclusive on depot.parcel
-- Rows stay sound with every trigger off. Not valid first: no scan under the strong lock.

alter table "depot"."parcel"
    add constraint "interlock_parcel_row" check ("depot"."interlock_parcel_row"("id", "status")) not valid;
comment on constraint "interlock_parcel_row" on "depot"."parcel" is 'parcel: hold the row rules with every trigger off [9d79c2e78d0643b3]';


commit;


-- step 42 (validate): rows of depot.van that disagree: mirror loaded, now that it is guarded
-- why:  must return no row: what was wrong before is mended first
-- lock: none
-- Rows of the other table that disagree, and rows that point to none; returns no row where all agree.
--
-- By CASE, for no index may answer: what is asked is also whether one has been made to lie.

with held as materialized (
    select
        t."carrier" as key,
        t.tableoid as relation,
        t.ctid as place
    from "depot"."parcel" as t
    where case when t."status" in ('PACKED', 'SENT') and t."carrier" is not null then true end
),

wrong as materialized (
    select
        r."number" as key,
        r."is_loaded" as value
    from "depot"."van" as r
    where
        r."is_loaded" is distinct from exists (select from held as h where h.key = r."number")
),

sampled as (
    select pg_catalog.jsonb_build_object('number', concat(w.key), 'is_loaded', w.value) as sample from wrong as w order by w.key limit 5
),

nowhere as materialized (
    select h.*
    from held as h
    where h.key is not null and not exists (select from "depot"."van" as r where r."number" = h.key)
)

select
    'IL09 mirror loaded' as rule,
    c.row_count,
    array(select s.sample from sampled as s) as samples,
    false as is_nowhere
from (select count(*) as row_count from wrong) as c
where c.row_count > 0
union all
select
    'IL09 mirror loaded without a row',
    c.row_count,
    array(
        select pg_catalog.jsonb_build_object('id', t."id")
        from (select * from nowhere order by relation, place limit 5) as n
        join "depot"."parcel" as t on t.tableoid = n.relation and t.ctid = n.place
    ),
    true
from (select count(*) as row_count from nowhere) as c
where c.row_count > 0;


-- step 43 (validate): validate check interlock_parcel_row
-- why:  every row was judged
-- lock: ShareUpdateExclusive on depot.parcel
alter table "depot"."parcel" validate constraint "interlock_parcel_row";


-- step 44 (validate): judge the rows of depot.parcel
-- why:  the rules are new, and rows were there before them
-- lock: none
-- Judge every row that was there by the rules that are in force now, and note that it was done.

do $interlock$
declare
    v_broken text;
begin
    perform pg_catalog.set_config('search_path', '', true);
    perform pg_catalog.set_config('row_security', 'off', true);
    select
        pg_catalog.string_agg(
            pg_catalog.format(
                '%s: %s %s, for example %s',
                broken.rule, broken.row_count,
                case when broken.row_count = 1 then 'row' else 'rows' end, broken.samples[1]
            ),
            '; ' order by broken.predicate_number
        )
    into v_broken
    from (
        -- Every row by every row rule, in one scan; returns no row where all are sound.
        --
        -- Samples: of each kind of unsound row the first ones of 64 buckets, found again by their place.

        with broken as materialized (
            select
                case when (r."status" in ('PACKED', 'SENT', 'DELIVERED', 'LOST')) is true then 0 else 1 end::bigint as mask_0,
                r.tableoid as relation,
                min(r.ctid) as place,
                count(*) as row_count
            from "depot"."parcel" as r
            where (case
                when r."status" in ('PACKED', 'SENT', 'DELIVERED', 'LOST') then
                    true
                else false
            end) is not true
            group by mask_0, r.tableoid, hashtid(r.ctid) & 63
        ),

        counted as (
            select
                a.number,
                a.rule,
                sum(b.row_count)::bigint as row_count,
                (array_agg(row(b.relation, b.place)::text order by b.relation, b.place))[1:5] as places,
                (array_agg(b.place order by b.relation, b.place))[1:5] as found_at
            from broken as b
            cross join lateral (values
                ('IL11 known_state', 0, b.mask_0 & 1)
            ) as a (rule, number, bit)
            where a.bit <> 0
            group by a.number, a.rule
        )

        select
            c.number as predicate_number,
            c.rule,
            c.row_count,
            array(
                select pg_catalog.jsonb_build_object('id', t."id")
                from "depot"."parcel" as t
                where t.ctid = any(c.found_at) and row(t.tableoid, t.ctid)::text = any(c.places)
            ) as samples
        from counted as c
        order by c.number
    ) as broken;
    if v_broken is not null then
        raise exception using
            errcode = 'check_violation',
            message = v_broken;
    end if;
    update interlock.machine as m
    set judged = '0900a6910ee93ec9'
    where m.machine_name = 'parcel';
end;
$interlock$
;


-- step 45 (validate): count the rows of depot.parcel
-- why:  they have no birth in the history, and none may come or go unseen
-- lock: none
-- Count the rows that were there before the machine, and hash them: once, after it was armed.
--
-- They are the rows without a birth, as its history tells: no write that is judged changes their
-- number, so nobody waits while they are counted.

do $interlock$
begin
    perform pg_catalog.set_config('search_path', '', true);
    perform pg_catalog.set_config('row_security', 'off', true);
    update interlock.machine as m
    set adopted_rows = told.adopted_count, adopted_digest = told.adopted_digest
    from (
        -- A history against itself and against the rows, in one ordered pass: is anything broken at all?
        --
        -- The rows of the table come last in the life of their key, as entries that stand for "now"; so
        -- one sort serves all, and nothing is joined. An entry without a state after it ends a life: its
        -- mark is a character that no state has. Where nothing is broken, every key but those that died
        -- ends with its row. A bypass may give a key that died another life.

        select
            count(*) filter (where is_broken) as broken_count,
            count(*) filter (where is_first)
            - count(*) filter (where kind in ('row', 'death', 'lifted death')) as gone_count,
            count(*) filter (where is_first and kind not in ('birth', 'lifted birth')) as adopted_count,
            coalesce(
                sum(hash_record_extended(row("key_id", from_state), 0))
                    filter (where is_first and kind not in ('birth', 'lifted birth')), 0
            ) as adopted_digest
        from (
            select
                "key_id",
                kind,
                from_state,
                before is null or (before = e'\x01' and kind = 'lifted birth') as is_first,
                case
                    when before is null then false
                    when kind = 'birth' then true
                    when kind = 'lifted birth' then before <> e'\x01'
                    else (before is distinct from from_state)
                end
                or case
                    when kind = 'row' then false
                    else
                        false
                end as is_broken
            from (
                select
                    "key_id",
                    id,
                    kind,
                    event,
                    from_state,
                    to_state,
                    lag(coalesce(to_state, e'\x01')) over life as before
                from (
                    select "key_id", id, a.kind as kind, event, from_state, to_state
                    from interlock."parcel_audit" as a
                    where id > (select m.adopted_after from interlock.machine as m where m.machine_name = 'parcel') and kind <> 'reconstructed'
                    union all
                    select t."id" as "key_id", 9223372036854775807, 'row', null, (t."status")::text, null
                    from "depot"."parcel" as t
                ) as entry
                window life as (partition by "key_id" order by id)
            ) as life
        ) as judged
    ) as told
    where m.machine_name = 'parcel' and m.adopted_rows is null;
end;
$interlock$
;
