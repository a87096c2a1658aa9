-- The rules that every object of ours keeps, whatever it does.

begin;
\ir fixtures/booking.sql
select plan(16);

create temporary view ours as
select
    p.oid,
    p.oid::regprocedure::text as signature,
    p.prosrc,
    p.prosecdef,
    p.proretset,
    p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype) as is_trigger,
    coalesce(p.proconfig, '{}') as settings,
    -- What runs with the rights and the search path of the writer, and his triggers inside.
    p.proname ~ '(_pre(birth|move)|(^|_)fire|^fire_by_key)$' as is_fill,
    -- Without strings and comments, and without what is named in full.
    regexp_replace(
        regexp_replace(
            regexp_replace(p.prosrc, '--[^\n]*', '', 'g'), '''[^'']*''', '', 'g'
        ),
        'operator\(pg_catalog\.[^)]+\)|:=|=>|\mset "\w+" =', ' ', 'g'
    ) as code
from pg_proc as p
where
    p.pronamespace = 'interlock'::regnamespace
    or p.proname = 'interlock_booking_row';

create temporary view our_triggers as
select
    t.*,
    t.tgrelid::regclass::text || ' ' || t.tgname as place,
    c.relispartition
from pg_trigger as t
join pg_class as c on c.oid = t.tgrelid
where
    starts_with(t.tgname::text, 'interlock_')
    and not t.tgisinternal;

select isnt_empty('select signature from ours where is_fill', 'there are fill functions to look at');

select is_empty(
    $$
        select o.signature from ours as o
        where not o.is_fill and not o.settings @> array['search_path=pg_catalog, pg_temp']
    $$,
    'a function pins its search path, unless it only fills'
);

select is_empty(
    $$ select o.signature from ours as o where o.is_fill and o.code ~ '[-+*/<>=~!@#%^&|`?]' $$,
    'one that only fills names every operator in full'
);

select is_empty(
    $$
        select o.signature, f.name
        from ours as o
        cross join lateral (
            select (regexp_matches(o.code, '(?<![.\w])(\w+)\s*\(', 'g'))[1] as name
        ) as f
        where
            o.is_fill
            and f.name not in ('and', 'any', 'coalesce', 'elsif', 'exists', 'if', 'is', 'not', 'or', 'then', 'when')
    $$,
    'and every function'
);

select is_empty(
    $$
        select o.signature from ours as o
        where
            o.is_fill
            and regexp_replace(o.code, 'pg_catalog\.("C"|\w+)(\[\])?', '#', 'g')
            ~* '(::|\mcollate|\mconstant)\s*[\w"]'
    $$,
    'and every type and collation'
);

select is_empty(
    $$ select o.signature from ours as o where obj_description(o.oid, 'pg_proc') is null $$,
    'a function has a comment'
);

select is_empty(
    $$
        select c.oid::regclass
        from pg_class as c
        where
            c.relnamespace = 'interlock'::regnamespace
            and c.relkind in ('r', 'p', 'v')
            and not c.relispartition
            and obj_description(c.oid, 'pg_class') is null
    $$,
    'a table has a comment'
);

select is_empty(
    $$
        select t.place from our_triggers as t
        where not t.relispartition and obj_description(t.oid, 'pg_trigger') is null
    $$,
    'a trigger has a comment'
);

select set_eq(
    $$
        select p.proname::text from pg_proc as p
        where
            p.pronamespace = 'interlock'::regnamespace
            and has_function_privilege('public', p.oid, 'execute')
    $$,
    array[
        'act_as', 'act_as_signed', 'allowed', 'approve', 'approve_by_key', 'booking_allowed',
        'booking_fire', 'callable', 'challenge', 'claim_call', 'fire', 'fire_by_key', 'keep_result',
        'lifted', 'read_key', 'read_set', 'refuse', 'refuse_unknown', 'refused_result', 'withdraw'
    ],
    'the public may say who acts or prove it, ask what is lifted, fire, approve, and be refused; nothing else'
);

select is_empty(
    $$
        select c.oid::regclass, g.privilege_type
        from pg_class as c
        cross join lateral aclexplode(c.relacl) as g
        where
            c.relnamespace = 'interlock'::regnamespace
            and g.grantee <> c.relowner
            and (g.grantee = 0 or g.privilege_type <> 'SELECT')
    $$,
    'nobody else writes a table of ours, and the public reads none'
);

select is_empty(
    $$
        select o.signature from ours as o
        where
            o.prosecdef
            and not o.is_trigger
            and o.signature !~ '^interlock\.(act_as_signed|challenge|claim_call|keep_refusal|keep_result|lifted)\('
    $$,
    'only triggers, and what must read a key or a bypass or write a report, run with the rights of their owner'
);

select is_empty(
    $$
        select o.signature from ours as o
        where
            o.code ~* '\m(when\s+others|assert|notify)\M'
            -- What asks for the depth before it lets a refusal pass is the narrower for it.
            or (o.signature <> 'interlock.lifted(text,text)' and o.code ~* '\mpg_trigger_depth\M')
            or (
                -- It makes a trigger, with the rights of who makes the partition.
                o.signature <> 'interlock.tripwire_partition()'
                and o.is_trigger and o.code ~* '\mexecute\M'
            )
    $$,
    'none swallows errors, can be switched off, or writes its SQL while it fires'
);

select is_empty(
    $$ select t.place from our_triggers as t where t.tgenabled <> 'A' $$,
    'a trigger fires in every session'
);

select is_empty(
    $$
        select t.place from our_triggers as t
        where
            t.tgname ~ '^interlock_50_'
            and (t.tgconstraint = 0 or t.tgdeferrable or t.tgqual is not null or t.tgtype & 3 <> 1)
    $$,
    'a judge is a constraint trigger after the row, at once and always'
);

select is_empty(
    $$
        select k.conname from pg_constraint as k
        where
            k.conrelid = 'hotel.room_booking'::regclass
            and starts_with(k.conname::text, 'interlock_')
            and not k.convalidated
    $$,
    'a CHECK has judged every row'
);

select is_empty(
    $$
        select a.attrelid::regclass, a.attname
        from pg_attribute as a
        join pg_class as c on c.oid = a.attrelid
        where
            c.relnamespace = 'interlock'::regnamespace
            and c.relkind in ('r', 'p')
            and a.attnum > 0
            and a.attname !~ '^(key|old|new)_'
            and c.relname <> 'schema_version'
            and a.atttypid in ('timestamp'::regtype, 'varchar'::regtype, 'json'::regtype)
    $$,
    'times have a zone, texts no length, and JSON is jsonb'
);

select * from finish();
rollback;
