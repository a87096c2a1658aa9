-- step 1 (look): rows of depot.parcel that break a rule
-- why:  must return no row: old sins are mended first
-- lock: none
-- Every row by every row rule, in one scan; returns no row where all are sound.
--
-- Samples: of each kind of unsound row the first ones of 64 buckets, found again by their place.

with broken as materialized (
    select
        case when (r."status" in ('ORDERED', 'PACKED', 'HELD', 'SENT', 'DELIVERED', 'LOST')) is true then 0 else 1 end::bigint
        | case when (case when r."status" in ('SENT', 'DELIVERED', 'LOST') then pg_catalog.isfinite(r."sent_at") when r."status" in ('ORDERED', 'PACKED', 'HELD') then r."sent_at" is null else r."sent_at" is null or pg_catalog.isfinite(r."sent_at") end) is true then 0 else 2 end::bigint
        | case when (case when r."status" = 'DELIVERED' then pg_catalog.isfinite(r."delivered_at") when r."status" in ('ORDERED', 'PACKED', 'HELD', 'SENT', 'LOST') then r."delivered_at" is null else r."delivered_at" is null or pg_catalog.isfinite(r."delivered_at") end) is true then 0 else 4 end::bigint
        | case when (r."status" = 'LOST' is not true or (r."carrier" is null) is true) then 0 else 8 end::bigint as mask_0,
        r.tableoid as relation,
        min(r.ctid) as place,
        count(*) as row_count
    from "depot"."parcel" as r
    where (case
        when r."status" in ('ORDERED', 'PACKED', 'HELD') then
            (r."sent_at" is null)
            and (r."delivered_at" is null)
        when r."status" = 'SENT' then
            (pg_catalog.isfinite(r."sent_at"))
            and (r."delivered_at" is null)
        when r."status" = 'DELIVERED' then
            (pg_catalog.isfinite(r."sent_at"))
            and (pg_catalog.isfinite(r."delivered_at"))
        when r."status" = 'LOST' then
            (pg_catalog.isfinite(r."sent_at"))
            and (r."delivered_at" is null)
            and (r."carrier" is null)
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
        ('IL11 known_state', 0, b.mask_0 & 1),
        ('IL12 stamp sent_at', 1, b.mask_0 & 2),
        ('IL12 stamp delivered_at', 2, b.mask_0 & 4),
        ('IL13 state_row LOST forbids carrier', 3, b.mask_0 & 8)
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


begin;
set local lock_timeout = '2s';


-- step 2 (arm): create table interlock.parcel_audit
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
    "cause" text,
    "claimed_actor" text,
    "old_carrier" text,
    "new_carrier" text,
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


-- step 3 (arm): create function interlock.parcel_prebirth
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
    if (v_to operator(pg_catalog.=) 'ORDERED') is not true then
        if (v_to operator(pg_catalog.=) 'ORDERED' or v_to operator(pg_catalog.=) 'PACKED' or v_to operator(pg_catalog.=) 'HELD' or v_to operator(pg_catalog.=) 'SENT' or v_to operator(pg_catalog.=) 'DELIVERED' or v_to operator(pg_catalog.=) 'LOST') is true
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
                        p_allowed => array['ORDERED']::pg_catalog.text[], p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': a row may not begin as ', coalesce(v_to, 'null'))),
                        p_hint => 'A row begins as ORDERED'
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
        if v_to operator(pg_catalog.=) 'SENT' then
            if new.sent_at is null then
                new.sent_at := pg_catalog.now();
            end if;
        elsif v_to operator(pg_catalog.=) 'DELIVERED' then
            if new.delivered_at is null then
                new.delivered_at := pg_catalog.now();
            end if;
        elsif v_to operator(pg_catalog.=) 'LOST' then
            new.carrier := null;
        end if;
    end if;
    return new;
end;
$interlock$;
comment on function interlock."parcel_prebirth"() is 'parcel: fill stamps when a row begins.';
revoke execute on function interlock."parcel_prebirth"() from public;


-- step 4 (arm): create function interlock.parcel_premove
-- why:  make reactions, fill stamps and clear columns when a row moves
-- lock: none
-- The function that fills stamps and clears columns; it decides nothing that counts.

create or replace function interlock."parcel_premove"()
    returns trigger
    language plpgsql
as $interlock$
declare
    v_from constant pg_catalog.text collate pg_catalog."C" := old.status;
    v_to   pg_catalog.text collate pg_catalog."C" := new.status;
    v_repairs pg_catalog.bool;
    v_wrote constant pg_catalog.text collate pg_catalog."C" := new.status;
begin
    -- Every operator and function is named in full instead of a pinned search path: this function
    -- runs on every insert and move, and a pin costs a fifth of a bare write.
    if v_from operator(pg_catalog.=) 'PACKED' then
        if v_to operator(pg_catalog.=) any (array['PACKED', 'HELD']::pg_catalog.text[]) then
            if (new.paid_at is not null) is true
                and (new.carrier is not null) is true then
                if ((old.paid_at is not null) is true
                    and (old.carrier is not null) is true) is not true then
                    if pg_catalog.current_setting('interlock.lift', true) is not null then
                        v_repairs := interlock.lifted('parcel', 'stamp') is not null;
                    end if;
                    if v_repairs is not true then
                        new.status := 'SENT';
                        v_to := 'SENT';
                        perform pg_catalog.set_config(
                            'interlock.reacting', pg_catalog.concat('parcel', '/', pg_catalog.jsonb_build_object('id', new.id), '/', v_to, '=', 'payment_sends'), true
                        );
                    end if;
                end if;
            end if;
        end if;
    elsif v_from operator(pg_catalog.=) 'HELD' then
        if v_to operator(pg_catalog.=) 'HELD' then
            if (new.paid_at is not null) is true
                and (new.carrier is not null) is true then
                if ((old.paid_at is not null) is true
                    and (old.carrier is not null) is true) is not true then
                    if pg_catalog.current_setting('interlock.lift', true) is not null then
                        v_repairs := interlock.lifted('parcel', 'stamp') is not null;
                    end if;
                    if v_repairs is not true then
                        new.status := 'SENT';
                        v_to := 'SENT';
                        perform pg_catalog.set_config(
                            'interlock.reacting', pg_catalog.concat('parcel', '/', pg_catalog.jsonb_build_object('id', new.id), '/', v_to, '=', 'payment_sends'), true
                        );
                    end if;
                end if;
            end if;
        end if;
    end if;
    if (v_from operator(pg_catalog.=) v_to) is true then
        return new;
    end if;
    if v_from operator(pg_catalog.=) 'ORDERED' then
        if (v_to operator(pg_catalog.=) 'PACKED') is not true then
            if (v_to operator(pg_catalog.=) any (array['ORDERED', 'PACKED', 'HELD', 'SENT', 'DELIVERED', 'LOST']::pg_catalog.text[])) is true and interlock.lifted('parcel', 'transition') is null then
                perform interlock.refuse(
                    p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => array['PACKED']::pg_catalog.text[], p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_from, ' -> ', v_to, ' is not allowed')),
                    p_hint => 'Allowed from ORDERED: PACKED'
                );
            end if;
        end if;
    elsif v_from operator(pg_catalog.=) 'PACKED' then
        if (v_to operator(pg_catalog.=) any (array['HELD', 'SENT']::pg_catalog.text[])) is not true then
            if (v_to operator(pg_catalog.=) any (array['ORDERED', 'PACKED', 'HELD', 'SENT', 'DELIVERED', 'LOST']::pg_catalog.text[])) is true and interlock.lifted('parcel', 'transition') is null then
                perform interlock.refuse(
                    p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => array['HELD', 'SENT']::pg_catalog.text[], p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_from, ' -> ', v_to, ' is not allowed')),
                    p_hint => 'Allowed from PACKED: HELD, SENT'
                );
            end if;
        end if;
    elsif v_from operator(pg_catalog.=) 'HELD' then
        if (v_to operator(pg_catalog.=) 'SENT') is not true then
            if (v_to operator(pg_catalog.=) any (array['ORDERED', 'PACKED', 'HELD', 'SENT', 'DELIVERED', 'LOST']::pg_catalog.text[])) is true and interlock.lifted('parcel', 'transition') is null then
                perform interlock.refuse(
                    p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => array['SENT']::pg_catalog.text[], p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_from, ' -> ', v_to, ' is not allowed')),
                    p_hint => 'Allowed from HELD: SENT'
                );
            end if;
        end if;
    elsif v_from operator(pg_catalog.=) 'SENT' then
        if (v_to operator(pg_catalog.=) any (array['DELIVERED', 'LOST']::pg_catalog.text[])) is not true then
            if (v_to operator(pg_catalog.=) any (array['ORDERED', 'PACKED', 'HELD', 'SENT', 'DELIVERED', 'LOST']::pg_catalog.text[])) is true and interlock.lifted('parcel', 'transition') is null then
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
        if (v_to operator(pg_catalog.=) any (array['ORDERED', 'PACKED', 'HELD', 'SENT', 'DELIVERED', 'LOST']::pg_catalog.text[])) is true and interlock.lifted('parcel', 'transition') is null then
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
        if (v_to operator(pg_catalog.=) any (array['ORDERED', 'PACKED', 'HELD', 'SENT', 'DELIVERED', 'LOST']::pg_catalog.text[])) is true and interlock.lifted('parcel', 'transition') is null then
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
    if v_to operator(pg_catalog.=) 'SENT' then
        if new.sent_at is null then
            new.sent_at := pg_catalog.now();
        end if;
    elsif v_to operator(pg_catalog.=) 'DELIVERED' then
        if new.delivered_at is null then
            new.delivered_at := pg_catalog.now();
        end if;
    elsif v_to operator(pg_catalog.=) 'LOST' then
        new.carrier := null;
    end if;
    if v_from operator(pg_catalog.=) 'ORDERED' and v_to operator(pg_catalog.=) 'PACKED'
        and v_to operator(pg_catalog.=) v_wrote
    then
        if (new.paid_at is not null) is true
            and (new.carrier is not null) is true then
            if pg_catalog.current_setting('interlock.lift', true) is not null then
                v_repairs := interlock.lifted('parcel', 'stamp') is not null;
            end if;
            if v_repairs is not true then
                new.status := 'SENT';
                v_to := 'SENT';
                perform pg_catalog.set_config(
                    'interlock.reacting', pg_catalog.concat('parcel', '/', pg_catalog.jsonb_build_object('id', new.id), '/', v_to, '=', 'payment_sends'), true
                );
                if new.sent_at is null then
                    new.sent_at := pg_catalog.now();
                end if;
            end if;
        end if;
    end if;
    return new;
end;
$interlock$;
comment on function interlock."parcel_premove"() is 'parcel: make reactions, fill stamps and clear columns when a row moves.';
revoke execute on function interlock."parcel_premove"() from public;


-- step 5 (arm): create function interlock.parcel_birth
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
    if (v_to = 'ORDERED') is not true then
        v_kind := interlock.refuse_unless_lifted(
            p_code => 'IL02', p_machine => 'parcel', p_rule => 'birth',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
            p_from => null, p_to => v_to, p_event => null,
            p_allowed => array['ORDERED']::pg_catalog.text[], p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': a row may not begin as ', coalesce(v_to, 'null'))),
            p_hint => 'A row begins as ORDERED'
        );
    end if;
    if pg_catalog.starts_with(current_setting('interlock.actor', true), 'interlock:') then
        if current_setting('interlock.actor', true) not in ('interlock:deadline') then
            perform interlock.refuse(
                p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                p_from => v_from, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': nobody acts as ', current_setting('interlock.actor', true), ' but the database itself')),
                p_hint => 'Say who acts: select interlock.act_as(ACTOR); what begins with interlock: is taken'
            );
        end if;
    end if;
    if pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '' then
        perform interlock.refuse(
            p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
            p_from => v_from, p_to => v_to, p_event => null,
            p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': no actor is given'),
            p_hint => 'Say who acts, in the same transaction: select interlock.act_as(ACTOR)'
        );
    end if;
    insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "new_carrier")
    values (new.id, coalesce(v_kind, 'birth'), null, v_from, v_to, new.carrier);
    return null;
end;
$interlock$;
comment on function interlock."parcel_birth"() is 'parcel: judge how a row begins, and record it.';
revoke execute on function interlock."parcel_birth"() from public;


-- step 6 (arm): create function interlock.parcel_change
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
    v_reaction text;  -- what has moved the row, if nobody did
    v_via   text collate "C";  -- the state that the write itself entered
    v_kind  text;  -- what lets a refused write through: the kind of its entry
begin
    -- The way out that most updates take comes before all that costs.
    if not (old.status is distinct from new.status) then
        if not (old.id is distinct from new.id
        or old.sent_at is distinct from new.sent_at
        or old.delivered_at is distinct from new.delivered_at
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
                return null;
            end if;
        end if;
        if v_from = 'ORDERED' then
            if v_to = 'PACKED' then
                v_event := 'pack';
            elsif v_to = 'SENT' then
                if (new.paid_at is not null) is true
                    and (new.carrier is not null) is true then
                    v_reaction := 'payment_sends';
                else
                    v_kind := interlock.refuse_unless_lifted(
                        p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => array['PACKED']::pg_catalog.text[], p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', coalesce(v_from, 'null'), ' -> ', coalesce(v_to, 'null'), ' is not allowed')),
                        p_hint => 'Allowed from ORDERED: PACKED'
                    );
                end if;
                if v_reaction is not null then
                    v_via := 'PACKED';
                    v_to := v_via;
                    v_event := 'pack';
                    v_to := 'SENT';
                end if;
            else
                v_kind := interlock.refuse_unless_lifted(
                    p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => array['PACKED']::pg_catalog.text[], p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', coalesce(v_from, 'null'), ' -> ', coalesce(v_to, 'null'), ' is not allowed')),
                    p_hint => 'Allowed from ORDERED: PACKED'
                );
            end if;
        elsif v_from = 'PACKED' then
            if v_to = 'HELD' then
                v_event := 'hold';
            elsif v_to = 'SENT' then
                if (new.paid_at is not null) is true
                    and (new.carrier is not null) is true then
                    if ((old.paid_at is not null) is true
                        and (old.carrier is not null) is true) is not true then
                        if coalesce(pg_catalog.current_setting('interlock.event', true), '') not in ('parcel/send') then
                            v_event := 'send';
                            v_reaction := 'payment_sends';
                        end if;
                    end if;
                end if;
                if v_reaction is null then
                    if (new.carrier is not null) is true then
                        v_event := 'send';
                    else
                        v_kind := interlock.refuse_unless_lifted(
                            p_code => 'IL04', p_machine => 'parcel', p_rule => 'guard',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => 'send',
                            p_allowed => array['HELD', 'SENT']::pg_catalog.text[], p_missing => array['carrier']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': PACKED -> SENT needs carrier is not null'),
                            p_hint => 'send is allowed once this holds: carrier is not null'
                        );
                        v_event := 'send';
                    end if;
                end if;
            else
                v_kind := interlock.refuse_unless_lifted(
                    p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => array['HELD', 'SENT']::pg_catalog.text[], p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', coalesce(v_from, 'null'), ' -> ', coalesce(v_to, 'null'), ' is not allowed')),
                    p_hint => 'Allowed from PACKED: HELD, SENT'
                );
            end if;
        elsif v_from = 'HELD' then
            if v_to = 'SENT' then
                if (new.paid_at is not null) is true
                    and (new.carrier is not null) is true then
                    if ((old.paid_at is not null) is true
                        and (old.carrier is not null) is true) is not true then
                        if coalesce(pg_catalog.current_setting('interlock.event', true), '') not in ('parcel/send') then
                            v_event := 'send';
                            v_reaction := 'payment_sends';
                        end if;
                    end if;
                end if;
                if v_reaction is null then
                    if (new.carrier is not null) is true then
                        v_event := 'send';
                    else
                        v_kind := interlock.refuse_unless_lifted(
                            p_code => 'IL04', p_machine => 'parcel', p_rule => 'guard',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => 'send',
                            p_allowed => array['SENT']::pg_catalog.text[], p_missing => array['carrier']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': HELD -> SENT needs carrier is not null'),
                            p_hint => 'send is allowed once this holds: carrier is not null'
                        );
                        v_event := 'send';
                    end if;
                end if;
            else
                v_kind := interlock.refuse_unless_lifted(
                    p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => array['SENT']::pg_catalog.text[], p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', coalesce(v_from, 'null'), ' -> ', coalesce(v_to, 'null'), ' is not allowed')),
                    p_hint => 'Allowed from HELD: SENT'
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
    if old.id is distinct from new.id
        or old.sent_at is distinct from new.sent_at
        or old.delivered_at is distinct from new.delivered_at then
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
        if old.sent_at is distinct from new.sent_at
            and (v_from is distinct from v_to and v_to = 'SENT') is not true then
            v_kind := interlock.refuse_unless_lifted(
                p_code => 'IL07', p_machine => 'parcel', p_rule => 'freeze',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'sent_at', p_key => pg_catalog.jsonb_build_object('id', new.id),
                p_from => v_from, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': sent_at changes only when its state is entered'),
                p_hint => 'sent_at is written on the move to SENT'
            );
        end if;
        if old.delivered_at is distinct from new.delivered_at
            and (v_from is distinct from v_to and v_to = 'DELIVERED') is not true then
            v_kind := interlock.refuse_unless_lifted(
                p_code => 'IL07', p_machine => 'parcel', p_rule => 'freeze',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'delivered_at', p_key => pg_catalog.jsonb_build_object('id', new.id),
                p_from => v_from, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': delivered_at changes only when its state is entered'),
                p_hint => 'delivered_at is written on the move to DELIVERED'
            );
        end if;
    end if;
    if v_reaction is null then
        if old.carrier is distinct from new.carrier then
            if pg_catalog.starts_with(current_setting('interlock.actor', true), 'interlock:') then
                if current_setting('interlock.actor', true) not in ('interlock:deadline') then
                    perform interlock.refuse(
                        p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': nobody acts as ', current_setting('interlock.actor', true), ' but the database itself')),
                        p_hint => 'Say who acts: select interlock.act_as(ACTOR); what begins with interlock: is taken'
                    );
                end if;
            end if;
            if pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '' then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': no actor is given'),
                    p_hint => 'Say who acts, in the same transaction: select interlock.act_as(ACTOR)'
                );
            end if;
            if v_from is distinct from v_to
                and (v_event = 'send')
                and coalesce(current_setting('interlock.reason', true), '') = '' then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['reason']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_event, ' needs a reason')),
                    p_hint => 'Say why, in the same transaction: select interlock.act_as(ACTOR, reason => WHY)'
                );
            end if;
            insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "old_carrier", "new_carrier")
            values (new.id, coalesce(v_kind, case when v_from is distinct from v_to then 'move' else 'change' end), v_event, v_from, v_to, case when old.carrier is distinct from new.carrier then old.carrier end, case when old.carrier is distinct from new.carrier then new.carrier end);
        elsif v_from is distinct from v_to or v_kind is not null then
            if pg_catalog.starts_with(current_setting('interlock.actor', true), 'interlock:') then
                if current_setting('interlock.actor', true) not in ('interlock:deadline') then
                    perform interlock.refuse(
                        p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': nobody acts as ', current_setting('interlock.actor', true), ' but the database itself')),
                        p_hint => 'Say who acts: select interlock.act_as(ACTOR); what begins with interlock: is taken'
                    );
                end if;
            end if;
            if pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '' then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': no actor is given'),
                    p_hint => 'Say who acts, in the same transaction: select interlock.act_as(ACTOR)'
                );
            end if;
            if v_from is distinct from v_to
                and (v_event = 'send')
                and coalesce(current_setting('interlock.reason', true), '') = '' then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['reason']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_event, ' needs a reason')),
                    p_hint => 'Say why, in the same transaction: select interlock.act_as(ACTOR, reason => WHY)'
                );
            end if;
            insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state")
            values (new.id, coalesce(v_kind, 'move'), v_event, v_from, v_to);
        end if;
    elsif v_via is null then
        if old.carrier is distinct from new.carrier then
            if pg_catalog.starts_with(current_setting('interlock.actor', true), 'interlock:') then
                if current_setting('interlock.actor', true) not in ('interlock:deadline') then
                    perform interlock.refuse(
                        p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': nobody acts as ', current_setting('interlock.actor', true), ' but the database itself')),
                        p_hint => 'Say who acts: select interlock.act_as(ACTOR); what begins with interlock: is taken'
                    );
                end if;
            end if;
            if pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '' then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': no actor is given'),
                    p_hint => 'Say who acts, in the same transaction: select interlock.act_as(ACTOR)'
                );
            end if;
            insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "old_carrier", "new_carrier", "actor", "reason", "cause", "claimed_actor")
            values (new.id, coalesce(v_kind, case when v_from is distinct from v_to then 'move' else 'change' end), v_event, v_from, v_to, case when old.carrier is distinct from new.carrier then old.carrier end, case when old.carrier is distinct from new.carrier then new.carrier end, 'interlock:' || v_reaction, coalesce(nullif(current_setting('interlock.reason', true), ''), case v_reaction when 'payment_sends' then 'payment_sends: paid_at is not null' end), case v_reaction when 'payment_sends' then 'payment_sends: paid_at is not null' end, nullif(current_setting('interlock.actor', true), ''));
        else
            if pg_catalog.starts_with(current_setting('interlock.actor', true), 'interlock:') then
                if current_setting('interlock.actor', true) not in ('interlock:deadline') then
                    perform interlock.refuse(
                        p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': nobody acts as ', current_setting('interlock.actor', true), ' but the database itself')),
                        p_hint => 'Say who acts: select interlock.act_as(ACTOR); what begins with interlock: is taken'
                    );
                end if;
            end if;
            insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "actor", "reason", "cause", "claimed_actor")
            values (new.id, coalesce(v_kind, 'move'), v_event, v_from, v_to, 'interlock:' || v_reaction, coalesce(nullif(current_setting('interlock.reason', true), ''), case v_reaction when 'payment_sends' then 'payment_sends: paid_at is not null' end), case v_reaction when 'payment_sends' then 'payment_sends: paid_at is not null' end, nullif(current_setting('interlock.actor', true), ''));
        end if;
        perform pg_catalog.set_config('interlock.reacting', '', true);
    else
        -- Two moves: that of the write, and that of the reaction.
        v_to := v_via;
        if old.carrier is distinct from new.carrier then
            if pg_catalog.starts_with(current_setting('interlock.actor', true), 'interlock:') then
                if current_setting('interlock.actor', true) not in ('interlock:deadline') then
                    perform interlock.refuse(
                        p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': nobody acts as ', current_setting('interlock.actor', true), ' but the database itself')),
                        p_hint => 'Say who acts: select interlock.act_as(ACTOR); what begins with interlock: is taken'
                    );
                end if;
            end if;
            if pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '' then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': no actor is given'),
                    p_hint => 'Say who acts, in the same transaction: select interlock.act_as(ACTOR)'
                );
            end if;
            if v_from is distinct from v_to
                and (v_event = 'send')
                and coalesce(current_setting('interlock.reason', true), '') = '' then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['reason']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_event, ' needs a reason')),
                    p_hint => 'Say why, in the same transaction: select interlock.act_as(ACTOR, reason => WHY)'
                );
            end if;
            insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "old_carrier", "new_carrier")
            values (new.id, coalesce(v_kind, case when v_from is distinct from v_to then 'move' else 'change' end), v_event, v_from, v_to, case when old.carrier is distinct from new.carrier then old.carrier end, case when old.carrier is distinct from new.carrier then new.carrier end);
        elsif v_from is distinct from v_to or v_kind is not null then
            if pg_catalog.starts_with(current_setting('interlock.actor', true), 'interlock:') then
                if current_setting('interlock.actor', true) not in ('interlock:deadline') then
                    perform interlock.refuse(
                        p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => v_from, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': nobody acts as ', current_setting('interlock.actor', true), ' but the database itself')),
                        p_hint => 'Say who acts: select interlock.act_as(ACTOR); what begins with interlock: is taken'
                    );
                end if;
            end if;
            if pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '' then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': no actor is given'),
                    p_hint => 'Say who acts, in the same transaction: select interlock.act_as(ACTOR)'
                );
            end if;
            if v_from is distinct from v_to
                and (v_event = 'send')
                and coalesce(current_setting('interlock.reason', true), '') = '' then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['reason']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': ', v_event, ' needs a reason')),
                    p_hint => 'Say why, in the same transaction: select interlock.act_as(ACTOR, reason => WHY)'
                );
            end if;
            insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state")
            values (new.id, coalesce(v_kind, 'move'), v_event, v_from, v_to);
        end if;
        v_from := v_via;
        v_to := new.status;
        v_event := case v_reaction when 'payment_sends' then 'send' end;
        v_kind := null;
        if pg_catalog.starts_with(current_setting('interlock.actor', true), 'interlock:') then
            if current_setting('interlock.actor', true) not in ('interlock:deadline') then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => null,
                    p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': nobody acts as ', current_setting('interlock.actor', true), ' but the database itself')),
                    p_hint => 'Say who acts: select interlock.act_as(ACTOR); what begins with interlock: is taken'
                );
            end if;
        end if;
        insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "actor", "reason", "cause", "claimed_actor")
        values (new.id, coalesce(v_kind, 'move'), v_event, v_from, v_to, 'interlock:' || v_reaction, coalesce(nullif(current_setting('interlock.reason', true), ''), case v_reaction when 'payment_sends' then 'payment_sends: paid_at is not null' end), case v_reaction when 'payment_sends' then 'payment_sends: paid_at is not null' end, nullif(current_setting('interlock.actor', true), ''));
        perform pg_catalog.set_config('interlock.reacting', '', true);
    end if;
    return null;
end;
$interlock$;
comment on function interlock."parcel_change"() is 'parcel: judge every change of a row, and record it.';
revoke execute on function interlock."parcel_change"() from public;


-- step 7 (arm): create function interlock.parcel_death
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
    v_kind := interlock.refuse_unless_lifted(
        p_code => 'IL03', p_machine => 'parcel', p_rule => 'death',
        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', old.id),
        p_from => v_from, p_to => null, p_event => null,
        p_allowed => '{}', p_missing => '{}',
        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), pg_catalog.concat(': a row in ', coalesce(v_from, 'null'), ' may not be deleted')),
        p_hint => 'Rows of this machine are never deleted: move the row to a final state'
    );
    if pg_catalog.starts_with(current_setting('interlock.actor', true), 'interlock:') then
        if current_setting('interlock.actor', true) not in ('interlock:deadline') then
            perform interlock.refuse(
                p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', old.id),
                p_from => v_from, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), pg_catalog.concat(': nobody acts as ', current_setting('interlock.actor', true), ' but the database itself')),
                p_hint => 'Say who acts: select interlock.act_as(ACTOR); what begins with interlock: is taken'
            );
        end if;
    end if;
    if pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '' then
        perform interlock.refuse(
            p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', old.id),
            p_from => v_from, p_to => v_to, p_event => null,
            p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), ': no actor is given'),
            p_hint => 'Say who acts, in the same transaction: select interlock.act_as(ACTOR)'
        );
    end if;
    insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "old_carrier")
    values (old.id, coalesce(v_kind, 'death'), null, v_from, v_to, old.carrier);
    return null;
end;
$interlock$;
comment on function interlock."parcel_death"() is 'parcel: judge how a row ends, and record it.';
revoke execute on function interlock."parcel_death"() from public;


-- step 8 (arm): create function interlock.parcel_fire
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
            p_allowed => case when v_from operator(pg_catalog.=) 'ORDERED' then array['PACKED']::pg_catalog.text[] when v_from operator(pg_catalog.=) 'PACKED' then array['HELD', 'SENT']::pg_catalog.text[] when v_from operator(pg_catalog.=) 'HELD' then array['SENT']::pg_catalog.text[] when v_from operator(pg_catalog.=) 'SENT' then array['DELIVERED', 'LOST']::pg_catalog.text[] else '{}' end, p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), pg_catalog.concat(': is ', coalesce(v_from, 'null'), ', and not ', p_expect, ' as expected')),
            p_hint => 'Somebody was first: read the row again, and decide anew'
        );
    end if;
    if p_event operator(pg_catalog.=) 'pack' then
        v_to := 'PACKED';
        v_targets := case
            when v_from operator(pg_catalog.=) any (array['ORDERED']::pg_catalog.text[]) then array['PACKED']::pg_catalog.text[]
        end;
    elsif p_event operator(pg_catalog.=) 'hold' then
        v_to := 'HELD';
        v_targets := case
            when v_from operator(pg_catalog.=) any (array['PACKED']::pg_catalog.text[]) then array['HELD']::pg_catalog.text[]
        end;
    elsif p_event operator(pg_catalog.=) 'send' then
        v_to := 'SENT';
        v_targets := case
            when v_from operator(pg_catalog.=) any (array['PACKED', 'HELD']::pg_catalog.text[]) then array['SENT']::pg_catalog.text[]
        end;
    elsif p_event operator(pg_catalog.=) 'deliver' then
        v_to := 'DELIVERED';
        v_targets := case
            when v_from operator(pg_catalog.=) any (array['SENT']::pg_catalog.text[]) then array['DELIVERED']::pg_catalog.text[]
        end;
    elsif p_event operator(pg_catalog.=) 'lose' then
        v_to := 'LOST';
        v_targets := case
            when v_from operator(pg_catalog.=) any (array['SENT']::pg_catalog.text[]) then array['LOST']::pg_catalog.text[]
        end;
    else
        perform interlock.refuse_unknown('event', p_event, array['pack', 'hold', 'send', 'deliver', 'lose']::pg_catalog.text[]);
    end if;
    if v_targets is null then
        perform interlock.refuse(
            p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', v_key_1),
            p_from => v_from, p_to => v_to, p_event => p_event,
            p_allowed => case when v_from operator(pg_catalog.=) 'ORDERED' then array['PACKED']::pg_catalog.text[] when v_from operator(pg_catalog.=) 'PACKED' then array['HELD', 'SENT']::pg_catalog.text[] when v_from operator(pg_catalog.=) 'HELD' then array['SENT']::pg_catalog.text[] when v_from operator(pg_catalog.=) 'SENT' then array['DELIVERED', 'LOST']::pg_catalog.text[] else '{}' end, p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), pg_catalog.concat(': no ', p_event, ' from ', coalesce(v_from, 'null'))),
            p_hint => case when v_from operator(pg_catalog.=) 'ORDERED' then 'Events from ORDERED: pack' when v_from operator(pg_catalog.=) 'PACKED' then 'Events from PACKED: hold, send' when v_from operator(pg_catalog.=) 'HELD' then 'Events from HELD: send' when v_from operator(pg_catalog.=) 'SENT' then 'Events from SENT: deliver, lose' else pg_catalog.concat('No event leads out of ', v_from) end
        );
    end if;
    v_set := interlock.read_set(p_set, '"depot"."parcel"'::pg_catalog.regclass, array['status', 'id']::pg_catalog.text[]);
    perform pg_catalog.set_config('interlock.event', pg_catalog.concat('parcel/', p_event), true);
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

    perform pg_catalog.set_config('interlock.event', '', true);
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


-- step 9 (arm): create function interlock.parcel_allowed
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
    select t."status", t."sent_at", t."delivered_at", t."carrier" into v_row
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
    if v_from = 'ORDERED' then
        event := 'pack';
        to_state := 'PACKED';
        missing := '{}';
        needs := '{}';
        if (v_row.sent_at is null) is not true then
            missing := missing || array['sent_at']::pg_catalog.text[]::text[];
            needs := needs || 'sent_at is set in SENT, DELIVERED, LOST, null in ORDERED, PACKED, HELD'::text;
        end if;
        if (v_row.delivered_at is null) is not true then
            missing := missing || array['delivered_at']::pg_catalog.text[]::text[];
            needs := needs || 'delivered_at is set in DELIVERED, null in ORDERED, PACKED, HELD, SENT, LOST'::text;
        end if;
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as(ACTOR)'::text;
        end if;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'PACKED' then
        event := 'hold';
        to_state := 'HELD';
        missing := '{}';
        needs := '{}';
        if (v_row.sent_at is null) is not true then
            missing := missing || array['sent_at']::pg_catalog.text[]::text[];
            needs := needs || 'sent_at is set in SENT, DELIVERED, LOST, null in ORDERED, PACKED, HELD'::text;
        end if;
        if (v_row.delivered_at is null) is not true then
            missing := missing || array['delivered_at']::pg_catalog.text[]::text[];
            needs := needs || 'delivered_at is set in DELIVERED, null in ORDERED, PACKED, HELD, SENT, LOST'::text;
        end if;
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as(ACTOR)'::text;
        end if;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'PACKED' then
        event := 'send';
        to_state := 'SENT';
        missing := '{}';
        needs := '{}';
        if (v_row.carrier is not null) is not true then
            missing := missing || array['carrier']::pg_catalog.text[]::text[];
            needs := needs || 'carrier is not null'::text;
        end if;
        if (pg_catalog.isfinite(coalesce(v_row.sent_at, now()::timestamp with time zone))) is not true then
            missing := missing || array['sent_at']::pg_catalog.text[]::text[];
            needs := needs || 'sent_at is set in SENT, DELIVERED, LOST, null in ORDERED, PACKED, HELD'::text;
        end if;
        if (v_row.delivered_at is null) is not true then
            missing := missing || array['delivered_at']::pg_catalog.text[]::text[];
            needs := needs || 'delivered_at is set in DELIVERED, null in ORDERED, PACKED, HELD, SENT, LOST'::text;
        end if;
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as(ACTOR)'::text;
        end if;
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.reason', true), '')) = '')) is not true then
            missing := missing || array['reason']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as(ACTOR, reason => WHY)'::text;
        end if;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'HELD' then
        event := 'send';
        to_state := 'SENT';
        missing := '{}';
        needs := '{}';
        if (v_row.carrier is not null) is not true then
            missing := missing || array['carrier']::pg_catalog.text[]::text[];
            needs := needs || 'carrier is not null'::text;
        end if;
        if (pg_catalog.isfinite(coalesce(v_row.sent_at, now()::timestamp with time zone))) is not true then
            missing := missing || array['sent_at']::pg_catalog.text[]::text[];
            needs := needs || 'sent_at is set in SENT, DELIVERED, LOST, null in ORDERED, PACKED, HELD'::text;
        end if;
        if (v_row.delivered_at is null) is not true then
            missing := missing || array['delivered_at']::pg_catalog.text[]::text[];
            needs := needs || 'delivered_at is set in DELIVERED, null in ORDERED, PACKED, HELD, SENT, LOST'::text;
        end if;
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as(ACTOR)'::text;
        end if;
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.reason', true), '')) = '')) is not true then
            missing := missing || array['reason']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as(ACTOR, reason => WHY)'::text;
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
        if (pg_catalog.isfinite(v_row.sent_at)) is not true then
            missing := missing || array['sent_at']::pg_catalog.text[]::text[];
            needs := needs || 'sent_at is set in SENT, DELIVERED, LOST, null in ORDERED, PACKED, HELD'::text;
        end if;
        if (pg_catalog.isfinite(coalesce(v_row.delivered_at, now()::timestamp with time zone))) is not true then
            missing := missing || array['delivered_at']::pg_catalog.text[]::text[];
            needs := needs || 'delivered_at is set in DELIVERED, null in ORDERED, PACKED, HELD, SENT, LOST'::text;
        end if;
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as(ACTOR)'::text;
        end if;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'SENT' then
        event := 'lose';
        to_state := 'LOST';
        missing := '{}';
        needs := '{}';
        if (pg_catalog.isfinite(v_row.sent_at)) is not true then
            missing := missing || array['sent_at']::pg_catalog.text[]::text[];
            needs := needs || 'sent_at is set in SENT, DELIVERED, LOST, null in ORDERED, PACKED, HELD'::text;
        end if;
        if (v_row.delivered_at is null) is not true then
            missing := missing || array['delivered_at']::pg_catalog.text[]::text[];
            needs := needs || 'delivered_at is set in DELIVERED, null in ORDERED, PACKED, HELD, SENT, LOST'::text;
        end if;
        if (null::text is null) is not true then
            missing := missing || array['status', 'carrier']::pg_catalog.text[]::text[];
            needs := needs || 'Leave carrier null'::text;
        end if;
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.actor', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as(ACTOR)'::text;
        end if;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
end;
$interlock$;
comment on function interlock."parcel_allowed"(jsonb) is 'parcel: say what a row could do next.';
grant execute on function interlock."parcel_allowed"(jsonb) to public;


-- step 10 (arm): create function depot.interlock_parcel_row
-- why:  the row rules, compiled
-- lock: none
-- The row rules of a machine over the columns they read; the CHECK calls it.
--
-- In the table's own schema, so that a dump of that schema stays whole.

create or replace function "depot"."interlock_parcel_row"(p_1 bigint, p_2 text, p_3 timestamp with time zone, p_4 timestamp with time zone, p_5 text)
    returns boolean
    language plpgsql
    immutable
    set search_path = pg_catalog, pg_temp
as $interlock$
begin
    if p_2 in ('ORDERED', 'PACKED', 'HELD') then
        if (p_3 is null)
        and (p_4 is null) then
            return true;
        end if;
        if (p_3 is null) is not true then
            perform interlock.refuse(
                p_code => 'IL12', p_machine => 'parcel', p_rule => 'stamp',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'sent_at', p_key => pg_catalog.jsonb_build_object('id', p_1),
                p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
                p_allowed => '{}', p_missing => array['sent_at']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': sent_at does not fit the state'),
                p_hint => 'sent_at is set in SENT, DELIVERED, LOST, null in ORDERED, PACKED, HELD'
            );
        end if;
        if (p_4 is null) is not true then
            perform interlock.refuse(
                p_code => 'IL12', p_machine => 'parcel', p_rule => 'stamp',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'delivered_at', p_key => pg_catalog.jsonb_build_object('id', p_1),
                p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
                p_allowed => '{}', p_missing => array['delivered_at']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': delivered_at does not fit the state'),
                p_hint => 'delivered_at is set in DELIVERED, null in ORDERED, PACKED, HELD, SENT, LOST'
            );
        end if;
    elsif p_2 = 'SENT' then
        if (pg_catalog.isfinite(p_3))
        and (p_4 is null) then
            return true;
        end if;
        if (pg_catalog.isfinite(p_3)) is not true then
            perform interlock.refuse(
                p_code => 'IL12', p_machine => 'parcel', p_rule => 'stamp',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'sent_at', p_key => pg_catalog.jsonb_build_object('id', p_1),
                p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
                p_allowed => '{}', p_missing => array['sent_at']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': sent_at does not fit the state'),
                p_hint => 'sent_at is set in SENT, DELIVERED, LOST, null in ORDERED, PACKED, HELD'
            );
        end if;
        if (p_4 is null) is not true then
            perform interlock.refuse(
                p_code => 'IL12', p_machine => 'parcel', p_rule => 'stamp',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'delivered_at', p_key => pg_catalog.jsonb_build_object('id', p_1),
                p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
                p_allowed => '{}', p_missing => array['delivered_at']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': delivered_at does not fit the state'),
                p_hint => 'delivered_at is set in DELIVERED, null in ORDERED, PACKED, HELD, SENT, LOST'
            );
        end if;
    elsif p_2 = 'DELIVERED' then
        if (pg_catalog.isfinite(p_3))
        and (pg_catalog.isfinite(p_4)) then
            return true;
        end if;
        if (pg_catalog.isfinite(p_3)) is not true then
            perform interlock.refuse(
                p_code => 'IL12', p_machine => 'parcel', p_rule => 'stamp',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'sent_at', p_key => pg_catalog.jsonb_build_object('id', p_1),
                p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
                p_allowed => '{}', p_missing => array['sent_at']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': sent_at does not fit the state'),
                p_hint => 'sent_at is set in SENT, DELIVERED, LOST, null in ORDERED, PACKED, HELD'
            );
        end if;
        if (pg_catalog.isfinite(p_4)) is not true then
            perform interlock.refuse(
                p_code => 'IL12', p_machine => 'parcel', p_rule => 'stamp',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'delivered_at', p_key => pg_catalog.jsonb_build_object('id', p_1),
                p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
                p_allowed => '{}', p_missing => array['delivered_at']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': delivered_at does not fit the state'),
                p_hint => 'delivered_at is set in DELIVERED, null in ORDERED, PACKED, HELD, SENT, LOST'
            );
        end if;
    elsif p_2 = 'LOST' then
        if (pg_catalog.isfinite(p_3))
        and (p_4 is null)
        and (p_5 is null) then
            return true;
        end if;
        if (pg_catalog.isfinite(p_3)) is not true then
            perform interlock.refuse(
                p_code => 'IL12', p_machine => 'parcel', p_rule => 'stamp',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'sent_at', p_key => pg_catalog.jsonb_build_object('id', p_1),
                p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
                p_allowed => '{}', p_missing => array['sent_at']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': sent_at does not fit the state'),
                p_hint => 'sent_at is set in SENT, DELIVERED, LOST, null in ORDERED, PACKED, HELD'
            );
        end if;
        if (p_4 is null) is not true then
            perform interlock.refuse(
                p_code => 'IL12', p_machine => 'parcel', p_rule => 'stamp',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'delivered_at', p_key => pg_catalog.jsonb_build_object('id', p_1),
                p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
                p_allowed => '{}', p_missing => array['delivered_at']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': delivered_at does not fit the state'),
                p_hint => 'delivered_at is set in DELIVERED, null in ORDERED, PACKED, HELD, SENT, LOST'
            );
        end if;
        if (p_5 is null) is not true then
            perform interlock.refuse(
                p_code => 'IL13', p_machine => 'parcel', p_rule => 'state_row',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'carrier', p_key => pg_catalog.jsonb_build_object('id', p_1),
                p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': LOST forbids carrier'),
                p_hint => 'Leave carrier null'
            );
        end if;
    else
        perform interlock.refuse(
            p_code => 'IL11', p_machine => 'parcel', p_rule => 'known_state',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', p_1),
            p_from => null, p_to => pg_catalog.concat(p_2), p_event => null,
            p_allowed => '{}', p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', p_1), ': status is not a state of this machine'),
            p_hint => 'Known states: ORDERED, PACKED, HELD, SENT, DELIVERED, LOST'
        );
    end if;
    return true;
end;
$interlock$;
comment on function "depot"."interlock_parcel_row"(bigint, text, timestamp with time zone, timestamp with time zone, text) is 'parcel: refuse a row that breaks a row rule.';


-- step 11 (arm): create registry parcel
-- why:  the spec, as one version more
-- lock: none
-- Write the machine into the registry, as one version more, and what was done into the journal.

insert into interlock.journal (machine_name, event, detail)
select
    asked.machine_name,
    case
        when m.machine_name is null then 'install'
        when m.mode <> 'enforce' or (before.modes is distinct from ('{}')::jsonb) then 'mode'
        else 'change'
    end,
    pg_catalog.jsonb_build_object(
        'version', 1 + coalesce((
            select pg_catalog.max(v.version) from interlock.machine_version as v
            where v.machine_name = asked.machine_name
        ), 0),
        'mode', 'enforce',
        'mode_before', m.mode,
        'rule_modes', ('{}')::jsonb,
        'rule_modes_before', before.modes,
        'definition_sha256', pg_catalog.encode(
            pg_catalog.sha256(pg_catalog.convert_to(('{"audit": {"actor": "required", "columns": ["carrier"], "erasable": [], "retain": null}, "checks": "function", "continuity": "verify", "deletion": [], "final": ["DELIVERED", "LOST"], "initial": ["ORDERED"], "invariants": [], "key": [], "mode": "enforce", "name": "parcel", "outbox": null, "reactions": [{"event": "send", "name": "payment_sends", "when": {"columns": ["paid_at"], "functions": [], "text": "paid_at is not null"}}], "rows": [{"clear": ["carrier"], "forbid": [], "freeze": [], "require": [], "state": "LOST"}], "stamps": [{"column": "sent_at", "fill": "if_null", "states": ["SENT"]}, {"column": "delivered_at", "fill": "if_null", "states": ["DELIVERED"]}], "state": "status", "table": {"name": "parcel", "schema": "depot"}, "transitions": [{"by": [], "event": "pack", "from_state": "ORDERED", "guard": null, "reason": "optional", "to_state": "PACKED"}, {"by": [], "event": "hold", "from_state": "PACKED", "guard": null, "reason": "optional", "to_state": "HELD"}, {"by": [], "event": "send", "from_state": "PACKED", "guard": {"columns": ["carrier"], "functions": [], "text": "carrier is not null"}, "reason": "required", "to_state": "SENT"}, {"by": [], "event": "send", "from_state": "HELD", "guard": {"columns": ["carrier"], "functions": [], "text": "carrier is not null"}, "reason": "required", "to_state": "SENT"}, {"by": [], "event": "deliver", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "DELIVERED"}, {"by": [], "event": "lose", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "LOST"}], "unenforced": []}'::jsonb)::text, 'UTF8')), 'hex'
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
    2, array['id']::pg_catalog.text[], 'enforce', 'function', 'verify', '{"audit": {"actor": "required", "columns": ["carrier"], "erasable": [], "retain": null}, "checks": "function", "continuity": "verify", "deletion": [], "final": ["DELIVERED", "LOST"], "initial": ["ORDERED"], "invariants": [], "key": [], "mode": "enforce", "name": "parcel", "outbox": null, "reactions": [{"event": "send", "name": "payment_sends", "when": {"columns": ["paid_at"], "functions": [], "text": "paid_at is not null"}}], "rows": [{"clear": ["carrier"], "forbid": [], "freeze": [], "require": [], "state": "LOST"}], "stamps": [{"column": "sent_at", "fill": "if_null", "states": ["SENT"]}, {"column": "delivered_at", "fill": "if_null", "states": ["DELIVERED"]}], "state": "status", "table": {"name": "parcel", "schema": "depot"}, "transitions": [{"by": [], "event": "pack", "from_state": "ORDERED", "guard": null, "reason": "optional", "to_state": "PACKED"}, {"by": [], "event": "hold", "from_state": "PACKED", "guard": null, "reason": "optional", "to_state": "HELD"}, {"by": [], "event": "send", "from_state": "PACKED", "guard": {"columns": ["carrier"], "functions": [], "text": "carrier is not null"}, "reason": "required", "to_state": "SENT"}, {"by": [], "event": "send", "from_state": "HELD", "guard": {"columns": ["carrier"], "functions": [], "text": "carrier is not null"}, "reason": "required", "to_state": "SENT"}, {"by": [], "event": "deliver", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "DELIVERED"}, {"by": [], "event": "lose", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "LOST"}], "unenforced": []}',
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
    judged = case when machine.judged = 'def582c33aeeeae8' then machine.judged end,
    applied_at = pg_catalog.now(), applied_by = session_user;
delete from interlock.state where machine_name = 'parcel';
delete from interlock.transition where machine_name = 'parcel';
delete from interlock.rule where machine_name = 'parcel';
insert into interlock.state (machine_name, state_name, is_initial, is_final)
values
('parcel', 'ORDERED', true, false),
('parcel', 'PACKED', false, false),
('parcel', 'HELD', false, false),
('parcel', 'SENT', false, false),
('parcel', 'DELIVERED', false, true),
('parcel', 'LOST', false, true);
insert into interlock.transition (machine_name, event_name, from_state, to_state, guard)
select * from (values
('parcel', 'pack', 'ORDERED', 'PACKED', null),
('parcel', 'hold', 'PACKED', 'HELD', null),
('parcel', 'send', 'PACKED', 'SENT', 'carrier is not null'),
('parcel', 'send', 'HELD', 'SENT', 'carrier is not null'),
('parcel', 'deliver', 'SENT', 'DELIVERED', null),
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
('parcel', 'IL16', 'deadline', null),
('parcel', 'IL06', 'attribution', null),
('parcel', 'IL12', 'sent_at', '(case when "status" in (''SENT'', ''DELIVERED'', ''LOST'') then pg_catalog.isfinite("sent_at") when "status" in (''ORDERED'', ''PACKED'', ''HELD'') then "sent_at" is null else "sent_at" is null or pg_catalog.isfinite("sent_at") end) is true'),
('parcel', 'IL12', 'delivered_at', '(case when "status" = ''DELIVERED'' then pg_catalog.isfinite("delivered_at") when "status" in (''ORDERED'', ''PACKED'', ''HELD'', ''SENT'', ''LOST'') then "delivered_at" is null else "delivered_at" is null or pg_catalog.isfinite("delivered_at") end) is true'),
('parcel', 'IL13', 'LOST forbids carrier', '("status" = ''LOST'' is not true or ("carrier" is null) is true)');


-- step 12 (arm): lock depot.parcel
-- why:  readers wait too from here to the commit, for step 'create check interlock_parcel_row'
-- lock: AccessExclusive on depot.parcel
lock table "depot"."parcel" in access exclusive mode;


-- step 13 (arm): create trigger interlock_10_parcel_prebirth
-- why:  fire the function parcel_prebirth
-- lock: ShareRowExclusive on depot.parcel
-- Fill and clear before the row is stored.

create trigger "interlock_10_parcel_prebirth"
    before insert on "depot"."parcel"
    for each row
    execute function interlock."parcel_prebirth"();
alter table "depot"."parcel" enable always trigger "interlock_10_parcel_prebirth";
comment on trigger "interlock_10_parcel_prebirth" on "depot"."parcel" is 'Machine parcel: prebirth.';


-- step 14 (arm): create trigger interlock_10_parcel_premove
-- why:  fire the function parcel_premove
-- lock: ShareRowExclusive on depot.parcel
-- Fill and clear before the row is stored.

create trigger "interlock_10_parcel_premove"
    before update of "status", "paid_at", "carrier" on "depot"."parcel"
    for each row
    execute function interlock."parcel_premove"();
alter table "depot"."parcel" enable always trigger "interlock_10_parcel_premove";
comment on trigger "interlock_10_parcel_premove" on "depot"."parcel" is 'Machine parcel: premove.';


-- step 15 (arm): create trigger interlock_50_parcel_birth
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


-- step 16 (arm): create trigger interlock_50_parcel_change
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


-- step 17 (arm): create trigger interlock_50_parcel_death
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


-- step 18 (arm): create trigger interlock_90_parcel_truncate
-- why:  fire the function refuse_truncate
-- lock: ShareRowExclusive on depot.parcel
-- No truncate: it would take rows away without judging one of them.

create trigger "interlock_90_parcel_truncate"
    before truncate on "depot"."parcel"
    for each statement
    execute function interlock."refuse_truncate"('parcel');
alter table "depot"."parcel" enable always trigger "interlock_90_parcel_truncate";
comment on trigger "interlock_90_parcel_truncate" on "depot"."parcel" is 'Machine parcel: truncate.';


-- step 19 (arm): create version of parcel
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


-- step 20 (arm): create check interlock_parcel_row
-- why:  hold the row rules with every trigger off
-- lock: AccessExclusive on depot.parcel
-- Rows stay sound with every trigger off. Not valid first: no scan under the strong lock.

alter table "depot"."parcel"
    add constraint "interlock_parcel_row" check ("depot"."interlock_parcel_row"("id", "status", "sent_at", "delivered_at", "carrier")) not valid;
comment on constraint "interlock_parcel_row" on "depot"."parcel" is 'parcel: hold the row rules with every trigger off [a9cfa1f82f71f71d]';


commit;


-- step 21 (validate): validate check interlock_parcel_row
-- why:  every row was judged
-- lock: ShareUpdateExclusive on depot.parcel
alter table "depot"."parcel" validate constraint "interlock_parcel_row";


-- step 22 (validate): judge the rows of depot.parcel
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
                case when (r."status" in ('ORDERED', 'PACKED', 'HELD', 'SENT', 'DELIVERED', 'LOST')) is true then 0 else 1 end::bigint
                | case when (case when r."status" in ('SENT', 'DELIVERED', 'LOST') then pg_catalog.isfinite(r."sent_at") when r."status" in ('ORDERED', 'PACKED', 'HELD') then r."sent_at" is null else r."sent_at" is null or pg_catalog.isfinite(r."sent_at") end) is true then 0 else 2 end::bigint
                | case when (case when r."status" = 'DELIVERED' then pg_catalog.isfinite(r."delivered_at") when r."status" in ('ORDERED', 'PACKED', 'HELD', 'SENT', 'LOST') then r."delivered_at" is null else r."delivered_at" is null or pg_catalog.isfinite(r."delivered_at") end) is true then 0 else 4 end::bigint
                | case when (r."status" = 'LOST' is not true or (r."carrier" is null) is true) then 0 else 8 end::bigint as mask_0,
                r.tableoid as relation,
                min(r.ctid) as place,
                count(*) as row_count
            from "depot"."parcel" as r
            where (case
                when r."status" in ('ORDERED', 'PACKED', 'HELD') then
                    (r."sent_at" is null)
                    and (r."delivered_at" is null)
                when r."status" = 'SENT' then
                    (pg_catalog.isfinite(r."sent_at"))
                    and (r."delivered_at" is null)
                when r."status" = 'DELIVERED' then
                    (pg_catalog.isfinite(r."sent_at"))
                    and (pg_catalog.isfinite(r."delivered_at"))
                when r."status" = 'LOST' then
                    (pg_catalog.isfinite(r."sent_at"))
                    and (r."delivered_at" is null)
                    and (r."carrier" is null)
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
                ('IL11 known_state', 0, b.mask_0 & 1),
                ('IL12 stamp sent_at', 1, b.mask_0 & 2),
                ('IL12 stamp delivered_at', 2, b.mask_0 & 4),
                ('IL13 state_row LOST forbids carrier', 3, b.mask_0 & 8)
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
    set judged = 'def582c33aeeeae8'
    where m.machine_name = 'parcel';
end;
$interlock$
;


-- step 23 (validate): count the rows of depot.parcel
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
