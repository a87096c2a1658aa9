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
    "signed_by" text,
    "approvals" bigint[],
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


-- step 3 (arm): create function interlock.parcel_birth
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
        if (v_to in ('PACKED', 'SENT', 'DELIVERED', 'LOST')) is not true then
            perform interlock.refuse(
                p_code => 'IL11', p_machine => 'parcel', p_rule => 'known_state',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                p_from => null, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => '{}',
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': status is not a state of this machine'),
                p_hint => 'Known states: PACKED, SENT, DELIVERED, LOST'
            );
        end if;
        v_kind := interlock.refuse_unless_lifted(
            p_code => 'IL02', p_machine => 'parcel', p_rule => 'birth',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
            p_from => null, p_to => v_to, p_event => null,
            p_allowed => array['PACKED']::pg_catalog.text[], p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': a row may not begin as ', coalesce(v_to, 'null'))),
            p_hint => 'A row begins as PACKED'
        );
    end if;
    if v_to in ('PACKED', 'SENT', 'DELIVERED', 'LOST') then
        null;
    else
        perform interlock.refuse(
            p_code => 'IL11', p_machine => 'parcel', p_rule => 'known_state',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
            p_from => null, p_to => v_to, p_event => null,
            p_allowed => '{}', p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': status is not a state of this machine'),
            p_hint => 'Known states: PACKED, SENT, DELIVERED, LOST'
        );
    end if;
    declare
        -- Actor, key, and what is wrong with the token: judged anew for each entry, for the setting that
        -- holds it can be written by anybody.
        v_signed constant text[] :=
            interlock.read_token(current_setting('interlock.token', true));
    begin
        if v_signed[3] is not null then
            perform interlock.refuse(
                p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                p_from => v_from, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': the actor is not signed: ', v_signed[3])),
                p_hint => 'In the same transaction: select interlock.act_as_signed(TOKEN)'
            );
        end if;
        insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "new_carrier", "actor", "signed_by")
        values (new.id, coalesce(v_kind, 'birth'), null, v_from, v_to, new.carrier, v_signed[1], v_signed[2]);
    end;
    return null;
end;
$interlock$;
comment on function interlock."parcel_birth"() is 'parcel: judge how a row begins, and record it.';
revoke execute on function interlock."parcel_birth"() from public;


-- step 4 (arm): create function interlock.parcel_change
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
    v_approvals bigint[];
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
                if v_to in ('PACKED', 'SENT', 'DELIVERED', 'LOST') then
                    null;
                else
                    perform interlock.refuse(
                        p_code => 'IL11', p_machine => 'parcel', p_rule => 'known_state',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => null, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': status is not a state of this machine'),
                        p_hint => 'Known states: PACKED, SENT, DELIVERED, LOST'
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
                if v_to in ('PACKED', 'SENT', 'DELIVERED', 'LOST') then
                    null;
                else
                    perform interlock.refuse(
                        p_code => 'IL11', p_machine => 'parcel', p_rule => 'known_state',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => null, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': status is not a state of this machine'),
                        p_hint => 'Known states: PACKED, SENT, DELIVERED, LOST'
                    );
                end if;
                return null;
            end if;
        end if;
        if v_from = 'PACKED' then
            if v_to = 'SENT' then
                if (new.paid_at is not null) is true
                    and pg_catalog.pg_has_role(coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user)::pg_catalog.name, pg_catalog.to_regrole('"pg_monitor"'), 'member') is true then
                    v_approvals := interlock.take_approvals(
                        'parcel', pg_catalog.jsonb_build_object('id', new.id), 'send', v_from,
                        coalesce((select pg_catalog.max(a.id) from interlock."parcel_audit" as a where a."key_id" = new.id), 0),
                        1, true, true
                    );
                    if pg_catalog.cardinality(v_approvals) >= 1 then
                        v_event := 'send';
                    end if;
                end if;
                if v_event is null then
                    if (new.paid_at is not null) is true
                        and pg_catalog.pg_has_role(coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user)::pg_catalog.name, pg_catalog.to_regrole('"pg_monitor"'), 'member') is true then
                        v_kind := interlock.refuse_unless_lifted(
                            p_code => 'IL05', p_machine => 'parcel', p_rule => 'approval',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => 'send',
                            p_allowed => array['SENT', 'LOST']::pg_catalog.text[], p_missing => array['approval']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': PACKED -> SENT needs 1 approval,', ' and ', 1 - pg_catalog.cardinality(v_approvals), case when 1 - pg_catalog.cardinality(v_approvals) = 1 then ' is missing' else ' are missing' end)),
                            p_hint => pg_catalog.concat('send is approved by others than who makes the move:', ' select interlock.approve(', '''parcel''', ', ', pg_catalog.quote_literal(pg_catalog.concat(new.id)), ', ''send'', reason => WHY)')
                        );
                        v_approvals := null;
                        v_event := 'send';
                    else
                        if (new.paid_at is not null) is true then
                            perform interlock.record_violation(
                                p_code => 'IL05', p_machine => 'parcel', p_rule => 'authority',
                                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                                p_from => v_from, p_to => v_to, p_event => 'send',
                                p_allowed => array['SENT', 'LOST']::pg_catalog.text[], p_missing => array['role']::pg_catalog.text[],
                                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': PACKED -> SENT is not for ', coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user))),
                                p_hint => 'send is for members of pg_monitor'
                            );
                            v_event := 'send';
                        else
                            v_kind := interlock.refuse_unless_lifted(
                                p_code => 'IL04', p_machine => 'parcel', p_rule => 'guard',
                                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'paid_at', p_key => pg_catalog.jsonb_build_object('id', new.id),
                                p_from => v_from, p_to => v_to, p_event => 'send',
                                p_allowed => array['SENT', 'LOST']::pg_catalog.text[], p_missing => array['paid_at']::pg_catalog.text[],
                                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': PACKED -> SENT needs paid_at is not null'),
                                p_hint => 'send is allowed once this holds: paid_at is not null'
                            );
                            v_event := 'send';
                        end if;
                        if v_event = 'send' then
                            v_approvals := interlock.take_approvals(
                                'parcel', pg_catalog.jsonb_build_object('id', new.id), 'send', v_from,
                                coalesce((select pg_catalog.max(a.id) from interlock."parcel_audit" as a where a."key_id" = new.id), 0),
                                1, true, true
                            );
                            if (pg_catalog.cardinality(v_approvals) >= 1) is not true then
                                v_kind := interlock.refuse_unless_lifted(
                                    p_code => 'IL05', p_machine => 'parcel', p_rule => 'approval',
                                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                                    p_from => v_from, p_to => v_to, p_event => 'send',
                                    p_allowed => array['SENT', 'LOST']::pg_catalog.text[], p_missing => array['approval']::pg_catalog.text[],
                                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': PACKED -> SENT needs 1 approval,', ' and ', 1 - pg_catalog.cardinality(v_approvals), case when 1 - pg_catalog.cardinality(v_approvals) = 1 then ' is missing' else ' are missing' end)),
                                    p_hint => pg_catalog.concat('send is approved by others than who makes the move:', ' select interlock.approve(', '''parcel''', ', ', pg_catalog.quote_literal(pg_catalog.concat(new.id)), ', ''send'', reason => WHY)')
                                );
                                v_approvals := null;
                            end if;
                        end if;
                    end if;
                end if;
            elsif v_to = 'LOST' then
                if coalesce(pg_catalog.current_setting('interlock.event', true), '') not in ('parcel/burn') then
                    v_approvals := interlock.take_approvals(
                        'parcel', pg_catalog.jsonb_build_object('id', new.id), 'lose', v_from,
                        coalesce((select pg_catalog.max(a.id) from interlock."parcel_audit" as a where a."key_id" = new.id), 0),
                        2, true, true
                    );
                    if pg_catalog.cardinality(v_approvals) >= 2 then
                        v_event := 'lose';
                    end if;
                end if;
                if v_event is null and (new.weight < 1) is true
                    and coalesce(pg_catalog.current_setting('interlock.event', true), '') not in ('parcel/lose') then
                    v_approvals := null;
                    v_event := 'burn';
                end if;
                if v_event is null then
                    if coalesce(pg_catalog.current_setting('interlock.event', true), '') = 'parcel/lose' then
                        v_kind := interlock.refuse_unless_lifted(
                            p_code => 'IL05', p_machine => 'parcel', p_rule => 'approval',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => 'lose',
                            p_allowed => array['SENT', 'LOST']::pg_catalog.text[], p_missing => array['approval']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': PACKED -> LOST needs 2 approvals,', ' and ', 2 - pg_catalog.cardinality(v_approvals), case when 2 - pg_catalog.cardinality(v_approvals) = 1 then ' is missing' else ' are missing' end)),
                            p_hint => pg_catalog.concat('lose is approved by members of pg_monitor, not by who makes the move:', ' select interlock.approve(', '''parcel''', ', ', pg_catalog.quote_literal(pg_catalog.concat(new.id)), ', ''lose'', reason => WHY)')
                        );
                        v_approvals := null;
                        v_event := 'lose';
                    elsif coalesce(pg_catalog.current_setting('interlock.event', true), '') = 'parcel/burn' then
                        v_kind := interlock.refuse_unless_lifted(
                            p_code => 'IL04', p_machine => 'parcel', p_rule => 'guard',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'weight', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => 'burn',
                            p_allowed => array['SENT', 'LOST']::pg_catalog.text[], p_missing => array['weight']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': PACKED -> LOST needs weight < 1'),
                            p_hint => 'burn is allowed once this holds: weight < 1'
                        );
                        v_event := 'burn';
                    else
                        v_kind := interlock.refuse_unless_lifted(
                            p_code => 'IL05', p_machine => 'parcel', p_rule => 'approval',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => 'lose',
                            p_allowed => array['SENT', 'LOST']::pg_catalog.text[], p_missing => array['approval']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': PACKED -> LOST needs 2 approvals,', ' and ', 2 - pg_catalog.cardinality(v_approvals), case when 2 - pg_catalog.cardinality(v_approvals) = 1 then ' is missing' else ' are missing' end)),
                            p_hint => pg_catalog.concat('lose is approved by members of pg_monitor, not by who makes the move:', ' select interlock.approve(', '''parcel''', ', ', pg_catalog.quote_literal(pg_catalog.concat(new.id)), ', ''lose'', reason => WHY)')
                        );
                        v_approvals := null;
                        v_event := 'lose';
                    end if;
                end if;
            else
                if (v_to in ('PACKED', 'SENT', 'DELIVERED', 'LOST')) is not true then
                    perform interlock.refuse(
                        p_code => 'IL11', p_machine => 'parcel', p_rule => 'known_state',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => null, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': status is not a state of this machine'),
                        p_hint => 'Known states: PACKED, SENT, DELIVERED, LOST'
                    );
                end if;
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
                if coalesce(pg_catalog.current_setting('interlock.event', true), '') not in ('parcel/steal') then
                    v_approvals := interlock.take_approvals(
                        'parcel', pg_catalog.jsonb_build_object('id', new.id), 'lose', v_from,
                        coalesce((select pg_catalog.max(a.id) from interlock."parcel_audit" as a where a."key_id" = new.id), 0),
                        2, true, true
                    );
                    if pg_catalog.cardinality(v_approvals) >= 2 then
                        v_event := 'lose';
                    end if;
                end if;
                if v_event is null and coalesce(pg_catalog.current_setting('interlock.event', true), '') not in ('parcel/lose') then
                    v_approvals := interlock.take_approvals(
                        'parcel', pg_catalog.jsonb_build_object('id', new.id), 'steal', v_from,
                        coalesce((select pg_catalog.max(a.id) from interlock."parcel_audit" as a where a."key_id" = new.id), 0),
                        3, false, true
                    );
                    if pg_catalog.cardinality(v_approvals) >= 3 then
                        v_event := 'steal';
                    end if;
                end if;
                if v_event is null then
                    if coalesce(pg_catalog.current_setting('interlock.event', true), '') = 'parcel/lose' then
                        v_kind := interlock.refuse_unless_lifted(
                            p_code => 'IL05', p_machine => 'parcel', p_rule => 'approval',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => 'lose',
                            p_allowed => array['DELIVERED', 'LOST']::pg_catalog.text[], p_missing => array['approval']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': SENT -> LOST needs 2 approvals,', ' and ', 2 - pg_catalog.cardinality(v_approvals), case when 2 - pg_catalog.cardinality(v_approvals) = 1 then ' is missing' else ' are missing' end)),
                            p_hint => pg_catalog.concat('lose is approved by members of pg_monitor, not by who makes the move:', ' select interlock.approve(', '''parcel''', ', ', pg_catalog.quote_literal(pg_catalog.concat(new.id)), ', ''lose'', reason => WHY)')
                        );
                        v_approvals := null;
                        v_event := 'lose';
                    elsif coalesce(pg_catalog.current_setting('interlock.event', true), '') = 'parcel/steal' then
                        v_kind := interlock.refuse_unless_lifted(
                            p_code => 'IL05', p_machine => 'parcel', p_rule => 'approval',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => 'steal',
                            p_allowed => array['DELIVERED', 'LOST']::pg_catalog.text[], p_missing => array['approval']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': SENT -> LOST needs 3 approvals,', ' and ', 3 - pg_catalog.cardinality(v_approvals), case when 3 - pg_catalog.cardinality(v_approvals) = 1 then ' is missing' else ' are missing' end)),
                            p_hint => pg_catalog.concat('steal is approved:', ' select interlock.approve(', '''parcel''', ', ', pg_catalog.quote_literal(pg_catalog.concat(new.id)), ', ''steal'', reason => WHY)')
                        );
                        v_approvals := null;
                        v_event := 'steal';
                    else
                        v_approvals := interlock.take_approvals(
                            'parcel', pg_catalog.jsonb_build_object('id', new.id), 'lose', v_from,
                            coalesce((select pg_catalog.max(a.id) from interlock."parcel_audit" as a where a."key_id" = new.id), 0),
                            2, true, true
                        );
                        v_kind := interlock.refuse_unless_lifted(
                            p_code => 'IL05', p_machine => 'parcel', p_rule => 'approval',
                            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                            p_from => v_from, p_to => v_to, p_event => 'lose',
                            p_allowed => array['DELIVERED', 'LOST']::pg_catalog.text[], p_missing => array['approval']::pg_catalog.text[],
                            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': SENT -> LOST needs 2 approvals,', ' and ', 2 - pg_catalog.cardinality(v_approvals), case when 2 - pg_catalog.cardinality(v_approvals) = 1 then ' is missing' else ' are missing' end)),
                            p_hint => pg_catalog.concat('lose is approved by members of pg_monitor, not by who makes the move:', ' select interlock.approve(', '''parcel''', ', ', pg_catalog.quote_literal(pg_catalog.concat(new.id)), ', ''lose'', reason => WHY)')
                        );
                        v_approvals := null;
                        v_event := 'lose';
                    end if;
                end if;
            else
                if (v_to in ('PACKED', 'SENT', 'DELIVERED', 'LOST')) is not true then
                    perform interlock.refuse(
                        p_code => 'IL11', p_machine => 'parcel', p_rule => 'known_state',
                        p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                        p_from => null, p_to => v_to, p_event => null,
                        p_allowed => '{}', p_missing => '{}',
                        p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': status is not a state of this machine'),
                        p_hint => 'Known states: PACKED, SENT, DELIVERED, LOST'
                    );
                end if;
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
            if (v_to in ('PACKED', 'SENT', 'DELIVERED', 'LOST')) is not true then
                perform interlock.refuse(
                    p_code => 'IL11', p_machine => 'parcel', p_rule => 'known_state',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => null, p_to => v_to, p_event => null,
                    p_allowed => '{}', p_missing => '{}',
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': status is not a state of this machine'),
                    p_hint => 'Known states: PACKED, SENT, DELIVERED, LOST'
                );
            end if;
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
    if v_to in ('PACKED', 'SENT', 'DELIVERED', 'LOST') then
        null;
    else
        perform interlock.refuse(
            p_code => 'IL11', p_machine => 'parcel', p_rule => 'known_state',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', new.id),
            p_from => null, p_to => v_to, p_event => null,
            p_allowed => '{}', p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), ': status is not a state of this machine'),
            p_hint => 'Known states: PACKED, SENT, DELIVERED, LOST'
        );
    end if;
    if old.carrier is distinct from new.carrier then
        declare
            -- Actor, key, and what is wrong with the token: judged anew for each entry, for the setting that
            -- holds it can be written by anybody.
            v_signed constant text[] :=
                interlock.read_token(current_setting('interlock.token', true));
        begin
            if v_signed[3] is not null then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': the actor is not signed: ', v_signed[3])),
                    p_hint => 'In the same transaction: select interlock.act_as_signed(TOKEN)'
                );
            end if;
            insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "old_carrier", "new_carrier", "actor", "signed_by", "approvals")
            values (new.id, coalesce(v_kind, case when v_from is distinct from v_to then 'move' else 'change' end), v_event, v_from, v_to, case when old.carrier is distinct from new.carrier then old.carrier end, case when old.carrier is distinct from new.carrier then new.carrier end, v_signed[1], v_signed[2], v_approvals);
        end;
    elsif v_from is distinct from v_to or v_kind is not null then
        declare
            -- Actor, key, and what is wrong with the token: judged anew for each entry, for the setting that
            -- holds it can be written by anybody.
            v_signed constant text[] :=
                interlock.read_token(current_setting('interlock.token', true));
        begin
            if v_signed[3] is not null then
                perform interlock.refuse(
                    p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                    p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', new.id),
                    p_from => v_from, p_to => v_to, p_event => v_event,
                    p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                    p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', new.id), pg_catalog.concat(': the actor is not signed: ', v_signed[3])),
                    p_hint => 'In the same transaction: select interlock.act_as_signed(TOKEN)'
                );
            end if;
            insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "actor", "signed_by", "approvals")
            values (new.id, coalesce(v_kind, 'move'), v_event, v_from, v_to, v_signed[1], v_signed[2], v_approvals);
        end;
    end if;
    return null;
end;
$interlock$;
comment on function interlock."parcel_change"() is 'parcel: judge every change of a row, and record it.';
revoke execute on function interlock."parcel_change"() from public;


-- step 5 (arm): create function interlock.parcel_death
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
    declare
        -- Actor, key, and what is wrong with the token: judged anew for each entry, for the setting that
        -- holds it can be written by anybody.
        v_signed constant text[] :=
            interlock.read_token(current_setting('interlock.token', true));
    begin
        if v_signed[3] is not null then
            perform interlock.refuse(
                p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', old.id),
                p_from => v_from, p_to => v_to, p_event => null,
                p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', old.id), pg_catalog.concat(': the actor is not signed: ', v_signed[3])),
                p_hint => 'In the same transaction: select interlock.act_as_signed(TOKEN)'
            );
        end if;
        insert into interlock."parcel_audit" ("key_id", "kind", "event", "from_state", "to_state", "old_carrier", "actor", "signed_by")
        values (old.id, coalesce(v_kind, 'death'), null, v_from, v_to, old.carrier, v_signed[1], v_signed[2]);
    end;
    return null;
end;
$interlock$;
comment on function interlock."parcel_death"() is 'parcel: judge how a row ends, and record it.';
revoke execute on function interlock."parcel_death"() from public;


-- step 6 (arm): create function interlock.parcel_fire
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
    elsif p_event operator(pg_catalog.=) 'burn' then
        v_to := 'LOST';
        v_targets := case
            when v_from operator(pg_catalog.=) any (array['PACKED']::pg_catalog.text[]) then array['LOST']::pg_catalog.text[]
        end;
    elsif p_event operator(pg_catalog.=) 'steal' then
        v_to := 'LOST';
        v_targets := case
            when v_from operator(pg_catalog.=) any (array['SENT']::pg_catalog.text[]) then array['LOST']::pg_catalog.text[]
        end;
    else
        perform interlock.refuse_unknown('event', p_event, array['send', 'deliver', 'lose', 'burn', 'steal']::pg_catalog.text[]);
    end if;
    if v_targets is null then
        perform interlock.refuse(
            p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', v_key_1),
            p_from => v_from, p_to => v_to, p_event => p_event,
            p_allowed => case when v_from operator(pg_catalog.=) 'PACKED' then array['SENT', 'LOST']::pg_catalog.text[] when v_from operator(pg_catalog.=) 'SENT' then array['DELIVERED', 'LOST']::pg_catalog.text[] else '{}' end, p_missing => '{}',
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), pg_catalog.concat(': no ', p_event, ' from ', coalesce(v_from, 'null'))),
            p_hint => case when v_from operator(pg_catalog.=) 'PACKED' then 'Events from PACKED: send, lose, burn' when v_from operator(pg_catalog.=) 'SENT' then 'Events from SENT: deliver, lose, steal' else pg_catalog.concat('No event leads out of ', v_from) end
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


-- step 7 (arm): create function interlock.parcel_allowed
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
    select t."status", t."paid_at", t."weight", t."id" into v_row
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
        if (pg_catalog.pg_has_role(coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user)::pg_catalog.name, pg_catalog.to_regrole('"pg_monitor"'), 'member') is true) is not true then
            missing := missing || array['role']::pg_catalog.text[]::text[];
            needs := needs || 'a member of pg_monitor'::text;
        end if;
        if (v_row.paid_at is not null) is not true then
            missing := missing || array['paid_at']::pg_catalog.text[]::text[];
            needs := needs || 'paid_at is not null'::text;
        end if;
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.token', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as_signed(TOKEN)'::text;
        end if;
        declare
            v_lacking constant integer :=
                interlock."parcel_approval"(pg_catalog.jsonb_build_object('id', v_row.id), 'send', v_from, 'count', null) ->> 'missing';
        begin
            if v_lacking > 0 then
                missing := missing || 'approval'::text;
                needs := needs || pg_catalog.concat(
                    v_lacking, ' more ', case when v_lacking = 1 then 'approval' else 'approvals' end
                );
            end if;
        end;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'SENT' then
        event := 'deliver';
        to_state := 'DELIVERED';
        missing := '{}';
        needs := '{}';
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.token', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as_signed(TOKEN)'::text;
        end if;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'PACKED' then
        event := 'lose';
        to_state := 'LOST';
        missing := '{}';
        needs := '{}';
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.token', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as_signed(TOKEN)'::text;
        end if;
        declare
            v_lacking constant integer :=
                interlock."parcel_approval"(pg_catalog.jsonb_build_object('id', v_row.id), 'lose', v_from, 'count', null) ->> 'missing';
        begin
            if v_lacking > 0 then
                missing := missing || 'approval'::text;
                needs := needs || pg_catalog.concat(
                    v_lacking, ' more ', case when v_lacking = 1 then 'approval' else 'approvals' end
                );
            end if;
        end;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'SENT' then
        event := 'lose';
        to_state := 'LOST';
        missing := '{}';
        needs := '{}';
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.token', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as_signed(TOKEN)'::text;
        end if;
        declare
            v_lacking constant integer :=
                interlock."parcel_approval"(pg_catalog.jsonb_build_object('id', v_row.id), 'lose', v_from, 'count', null) ->> 'missing';
        begin
            if v_lacking > 0 then
                missing := missing || 'approval'::text;
                needs := needs || pg_catalog.concat(
                    v_lacking, ' more ', case when v_lacking = 1 then 'approval' else 'approvals' end
                );
            end if;
        end;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'PACKED' then
        event := 'burn';
        to_state := 'LOST';
        missing := '{}';
        needs := '{}';
        if (v_row.weight < 1) is not true then
            missing := missing || array['weight']::pg_catalog.text[]::text[];
            needs := needs || 'weight < 1'::text;
        end if;
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.token', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as_signed(TOKEN)'::text;
        end if;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
    if v_from = 'SENT' then
        event := 'steal';
        to_state := 'LOST';
        missing := '{}';
        needs := '{}';
        if (not (pg_catalog.btrim(coalesce(current_setting('interlock.token', true), '')) = '')) is not true then
            missing := missing || array['actor']::pg_catalog.text[]::text[];
            needs := needs || 'interlock.act_as_signed(TOKEN)'::text;
        end if;
        declare
            v_lacking constant integer :=
                interlock."parcel_approval"(pg_catalog.jsonb_build_object('id', v_row.id), 'steal', v_from, 'count', null) ->> 'missing';
        begin
            if v_lacking > 0 then
                missing := missing || 'approval'::text;
                needs := needs || pg_catalog.concat(
                    v_lacking, ' more ', case when v_lacking = 1 then 'approval' else 'approvals' end
                );
            end if;
        end;
        missing := array(select distinct m.name from unnest(missing) as m (name) order by 1);
        possible := needs = '{}';
        return next;
    end if;
end;
$interlock$;
comment on function interlock."parcel_allowed"(jsonb) is 'parcel: say what a row could do next.';
grant execute on function interlock."parcel_allowed"(jsonb) to public;


-- step 8 (arm): create function interlock.parcel_approve
-- why:  approve of an event, or withdraw that
-- lock: none
-- Approve of an event of one row, or withdraw that: what interlock.approve calls.
--
-- With the rights of whoever calls it: he must be able to read the row.

create or replace function interlock."parcel_approve"(
    p_key jsonb, p_event text, p_verb text, p_reason text
)
    returns jsonb
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $interlock$
declare
    v_key  text[];
    v_from text collate "C";
    v_to   text collate "C";
    v_row  record;
    v_key_1   bigint;
begin
    if (p_event = any(array['send', 'deliver', 'lose', 'burn', 'steal']::pg_catalog.text[])) is not true then
        perform interlock.refuse_unknown('event', p_event, array['send', 'deliver', 'lose', 'burn', 'steal']::pg_catalog.text[]);
    end if;
    v_key := interlock.read_key(p_key, array['id']::pg_catalog.text[]);
    v_key_1 := v_key[1];
    -- Who may update the row keeps others from moving it until he commits; who may not sees it as it
    -- is: if it is moved or changed meanwhile, what he approves lapses.
    if has_any_column_privilege('"depot"."parcel"', 'update') then
        select t."status", t."id" into v_row
        from "depot"."parcel" as t
        where t."id" operator(pg_catalog.=) v_key_1
        for no key update;
    else
        select t."status", t."id" into v_row
        from "depot"."parcel" as t
        where t."id" operator(pg_catalog.=) v_key_1;
    end if;
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
    if p_verb <> 'withdraw' then
        if (p_event = 'send' and v_from = any (array['PACKED']::pg_catalog.text[])
            or p_event = 'deliver' and v_from = any (array['SENT']::pg_catalog.text[])
            or p_event = 'lose' and v_from = any (array['PACKED', 'SENT']::pg_catalog.text[])
            or p_event = 'burn' and v_from = any (array['PACKED']::pg_catalog.text[])
            or p_event = 'steal' and v_from = any (array['SENT']::pg_catalog.text[])) is not true then
            perform interlock.refuse(
                p_code => 'IL01', p_machine => 'parcel', p_rule => 'transition',
                p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', v_key_1),
                p_from => v_from, p_to => v_to, p_event => p_event,
                p_allowed => case when v_from operator(pg_catalog.=) 'PACKED' then array['SENT', 'LOST']::pg_catalog.text[] when v_from operator(pg_catalog.=) 'SENT' then array['DELIVERED', 'LOST']::pg_catalog.text[] else '{}' end, p_missing => '{}',
                p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), pg_catalog.concat(': no ', p_event, ' from ', coalesce(v_from, 'null'))),
                p_hint => case when v_from operator(pg_catalog.=) 'PACKED' then 'Events from PACKED: send, lose, burn' when v_from operator(pg_catalog.=) 'SENT' then 'Events from SENT: deliver, lose, steal' else pg_catalog.concat('No event leads out of ', v_from) end
            );
        end if;
        if (p_event = 'send' and v_from = any (array['PACKED']::pg_catalog.text[])
            or p_event = 'lose' and v_from = any (array['PACKED', 'SENT']::pg_catalog.text[])
            or p_event = 'steal' and v_from = any (array['SENT']::pg_catalog.text[])) is not true then
            raise exception using
                errcode = 'invalid_parameter_value',
                message = concat(p_event, ' from ', v_from, ' needs no approval'),
                hint    = concat_ws(', ', 'Approved are: ' || 'send from PACKED', 'lose from PACKED', 'lose from SENT', 'steal from SENT');
        end if;
    end if;
    return interlock."parcel_approval"(pg_catalog.jsonb_build_object('id', v_row.id), p_event, v_from, p_verb, p_reason);
end;
$interlock$;
comment on function interlock."parcel_approve"(jsonb, text, text, text) is 'parcel: approve of an event, or withdraw that.';
grant execute on function interlock."parcel_approve"(jsonb, text, text, text) to public;


-- step 9 (arm): create function interlock.parcel_approval
-- why:  count, give or withdraw approvals
-- lock: none
-- Count, give or withdraw approvals of one row: what approve and allowed call.
--
-- It runs as the owner of schema interlock, who alone reads and writes approvals, so it is pinned. What
-- is given here counts for the row as its history has it, whatever a caller says of it, and for who is
-- logged in.

create or replace function interlock."parcel_approval"(
    p_key jsonb, p_event text, p_state text, p_verb text, p_reason text
)
    returns jsonb
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $interlock$
declare
    v_key      text[];
    v_count    integer;
    v_distinct boolean;
    v_entry    bigint;
    v_standing integer;
    v_key_1   bigint;
begin
    v_key := interlock.read_key(p_key, array['id']::pg_catalog.text[]);
    v_key_1 := v_key[1];
    if p_event = 'send' and p_state = any (array['PACKED']::pg_catalog.text[]) then
        v_count := 1;
        v_distinct := true;
    elsif p_event = 'lose' and p_state = any (array['PACKED', 'SENT']::pg_catalog.text[]) then
        v_count := 2;
        v_distinct := true;
    elsif p_event = 'steal' and p_state = any (array['SENT']::pg_catalog.text[]) then
        v_count := 3;
        v_distinct := false;
    end if;
    if p_verb = 'count' then
        v_entry := coalesce((select pg_catalog.max(a.id) from interlock."parcel_audit" as a where a."key_id" = v_key_1), 0);
        v_standing := cardinality(interlock.standing_approvals(
            'parcel', pg_catalog.jsonb_build_object('id', v_key_1), p_event, p_state, v_entry, v_distinct, true,
            coalesce(interlock.person(true), '')
        ));
        return jsonb_build_object(
            'approvals', v_standing, 'missing', greatest(v_count - v_standing, 0)
        );
    end if;
    if (interlock.read_token(current_setting('interlock.token', true)))[3] is not null then
        perform interlock.refuse(
            p_code => 'IL06', p_machine => 'parcel', p_rule => 'attribution',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => null, p_key => pg_catalog.jsonb_build_object('id', v_key_1),
            p_from => p_state, p_to => null, p_event => p_event,
            p_allowed => '{}', p_missing => array['actor']::pg_catalog.text[],
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), pg_catalog.concat(': the actor is not signed: ', (interlock.read_token(current_setting('interlock.token', true)))[3])),
            p_hint => 'In the same transaction: select interlock.act_as_signed(TOKEN)'
        );
    end if;
    if p_verb = 'withdraw' then
        return interlock.withdraw_approvals('parcel', pg_catalog.jsonb_build_object('id', v_key_1), p_event, true);
    elsif v_count is null then
        return null;
    end if;
    if (p_event = 'send' and p_state = any (array['PACKED']::pg_catalog.text[]))
        and (exists (
            select from pg_catalog.pg_roles as r
            where
                pg_catalog.pg_has_role(coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user)::pg_catalog.name, r.oid, 'member')
                and pg_catalog.has_any_column_privilege(r.oid, '"depot"."parcel"', 'select')
        )) is not true then
        perform interlock.refuse(
            p_code => 'IL05', p_machine => 'parcel', p_rule => 'approval',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', v_key_1),
            p_from => p_state, p_to => null, p_event => p_event,
            p_allowed => '{}', p_missing => array['role']::pg_catalog.text[],
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), pg_catalog.concat(': approvals of ', p_event, ' are not by ', coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user))),
            p_hint => 'They are by who may read depot.parcel'
        );
    end if;
    if (p_event = 'lose' and p_state = any (array['PACKED', 'SENT']::pg_catalog.text[]))
        and (pg_catalog.pg_has_role(coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user)::pg_catalog.name, pg_catalog.to_regrole('"pg_monitor"'), 'member') is true) is not true then
        perform interlock.refuse(
            p_code => 'IL05', p_machine => 'parcel', p_rule => 'approval',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', v_key_1),
            p_from => p_state, p_to => null, p_event => p_event,
            p_allowed => '{}', p_missing => array['role']::pg_catalog.text[],
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), pg_catalog.concat(': approvals of ', p_event, ' are not by ', coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user))),
            p_hint => 'They are by members of pg_monitor'
        );
    end if;
    if (p_event = 'steal' and p_state = any (array['SENT']::pg_catalog.text[]))
        and (exists (
            select from pg_catalog.pg_roles as r
            where
                pg_catalog.pg_has_role(coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user)::pg_catalog.name, r.oid, 'member')
                and pg_catalog.has_any_column_privilege(r.oid, '"depot"."parcel"', 'select')
        )) is not true then
        perform interlock.refuse(
            p_code => 'IL05', p_machine => 'parcel', p_rule => 'approval',
            p_table => array['depot', 'parcel']::pg_catalog.text[], p_column => 'status', p_key => pg_catalog.jsonb_build_object('id', v_key_1),
            p_from => p_state, p_to => null, p_event => p_event,
            p_allowed => '{}', p_missing => array['role']::pg_catalog.text[],
            p_message => pg_catalog.concat('parcel ', pg_catalog.concat_ws('/', v_key_1), pg_catalog.concat(': approvals of ', p_event, ' are not by ', coalesce(nullif(pg_catalog.current_setting('role'), 'none'), session_user))),
            p_hint => 'They are by who may read depot.parcel'
        );
    end if;
    v_entry := coalesce((select pg_catalog.max(a.id) from interlock."parcel_audit" as a where a."key_id" = v_key_1), 0);
    return interlock.give_approval(
        'parcel', pg_catalog.jsonb_build_object('id', v_key_1), p_event, p_state, v_entry, v_count, v_distinct, true, p_reason
    );
end;
$interlock$;
comment on function interlock."parcel_approval"(jsonb, text, text, text, text) is 'parcel: count, give or withdraw approvals.';
grant execute on function interlock."parcel_approval"(jsonb, text, text, text, text) to public;


-- step 10 (arm): create registry parcel
-- why:  the spec, as one version more
-- lock: none
-- Write the machine into the registry, as one version more, and what was done into the journal.

insert into interlock.journal (machine_name, event, detail)
select
    asked.machine_name,
    case
        when m.machine_name is null then 'install'
        when m.mode <> 'enforce' or (before.modes is distinct from ('{"authority": "observe"}')::jsonb) then 'mode'
        else 'change'
    end,
    pg_catalog.jsonb_build_object(
        'version', 1 + coalesce((
            select pg_catalog.max(v.version) from interlock.machine_version as v
            where v.machine_name = asked.machine_name
        ), 0),
        'mode', 'enforce',
        'mode_before', m.mode,
        'rule_modes', ('{"authority": "observe"}')::jsonb,
        'rule_modes_before', before.modes,
        'definition_sha256', pg_catalog.encode(
            pg_catalog.sha256(pg_catalog.convert_to(('{"audit": {"actor": "signed", "columns": ["carrier"], "erasable": [], "retain": null}, "checks": "trigger", "continuity": "verify", "deletion": [], "final": ["DELIVERED", "LOST"], "initial": ["PACKED"], "invariants": [], "key": [], "mode": "enforce", "modes": [["authority", "observe"]], "name": "parcel", "outbox": null, "rows": [], "stamps": [], "state": "status", "table": {"name": "parcel", "schema": "depot"}, "transitions": [{"approvals": {"by": [], "count": 1, "distinct": true}, "by": ["pg_monitor"], "event": "send", "from_state": "PACKED", "guard": {"columns": ["paid_at"], "functions": [], "text": "paid_at is not null"}, "reason": "optional", "to_state": "SENT"}, {"by": [], "event": "deliver", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "DELIVERED"}, {"approvals": {"by": ["pg_monitor"], "count": 2, "distinct": true}, "by": [], "event": "lose", "from_state": "PACKED", "guard": null, "reason": "optional", "to_state": "LOST"}, {"approvals": {"by": ["pg_monitor"], "count": 2, "distinct": true}, "by": [], "event": "lose", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "LOST"}, {"by": [], "event": "burn", "from_state": "PACKED", "guard": {"columns": ["weight"], "functions": [], "text": "weight < 1"}, "reason": "optional", "to_state": "LOST"}, {"approvals": {"by": [], "count": 3, "distinct": false}, "by": [], "event": "steal", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "LOST"}], "unenforced": []}'::jsonb)::text, 'UTF8')), 'hex'
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
    2, array['id']::pg_catalog.text[], 'enforce', 'trigger', 'verify', '{"audit": {"actor": "signed", "columns": ["carrier"], "erasable": [], "retain": null}, "checks": "trigger", "continuity": "verify", "deletion": [], "final": ["DELIVERED", "LOST"], "initial": ["PACKED"], "invariants": [], "key": [], "mode": "enforce", "modes": [["authority", "observe"]], "name": "parcel", "outbox": null, "rows": [], "stamps": [], "state": "status", "table": {"name": "parcel", "schema": "depot"}, "transitions": [{"approvals": {"by": [], "count": 1, "distinct": true}, "by": ["pg_monitor"], "event": "send", "from_state": "PACKED", "guard": {"columns": ["paid_at"], "functions": [], "text": "paid_at is not null"}, "reason": "optional", "to_state": "SENT"}, {"by": [], "event": "deliver", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "DELIVERED"}, {"approvals": {"by": ["pg_monitor"], "count": 2, "distinct": true}, "by": [], "event": "lose", "from_state": "PACKED", "guard": null, "reason": "optional", "to_state": "LOST"}, {"approvals": {"by": ["pg_monitor"], "count": 2, "distinct": true}, "by": [], "event": "lose", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "LOST"}, {"by": [], "event": "burn", "from_state": "PACKED", "guard": {"columns": ["weight"], "functions": [], "text": "weight < 1"}, "reason": "optional", "to_state": "LOST"}, {"approvals": {"by": [], "count": 3, "distinct": false}, "by": [], "event": "steal", "from_state": "SENT", "guard": null, "reason": "optional", "to_state": "LOST"}], "unenforced": []}',
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
('parcel', 'send', 'PACKED', 'SENT', 'paid_at is not null'),
('parcel', 'deliver', 'SENT', 'DELIVERED', null),
('parcel', 'lose', 'PACKED', 'LOST', null),
('parcel', 'lose', 'SENT', 'LOST', null),
('parcel', 'burn', 'PACKED', 'LOST', 'weight < 1'),
('parcel', 'steal', 'SENT', 'LOST', null)) as t (machine_name, event_name, from_state, to_state, guard)
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
('parcel', 'IL05', 'approval', null);


-- step 11 (arm): lock depot.parcel
-- why:  writers wait from here to the commit; nobody else does
-- lock: ShareRowExclusive on depot.parcel
lock table "depot"."parcel" in share row exclusive mode;


-- step 12 (arm): create trigger interlock_50_parcel_birth
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


-- step 13 (arm): create trigger interlock_50_parcel_change
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


-- step 14 (arm): create trigger interlock_50_parcel_death
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


-- step 15 (arm): create trigger interlock_90_parcel_truncate
-- why:  fire the function refuse_truncate
-- lock: ShareRowExclusive on depot.parcel
-- No truncate: it would take rows away without judging one of them.

create trigger "interlock_90_parcel_truncate"
    before truncate on "depot"."parcel"
    for each statement
    execute function interlock."refuse_truncate"('parcel');
alter table "depot"."parcel" enable always trigger "interlock_90_parcel_truncate";
comment on trigger "interlock_90_parcel_truncate" on "depot"."parcel" is 'Machine parcel: truncate.';


-- step 16 (arm): create version of parcel
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


commit;


-- step 17 (validate): judge the rows of depot.parcel
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


-- step 18 (validate): count the rows of depot.parcel
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
