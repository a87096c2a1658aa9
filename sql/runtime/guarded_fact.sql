-- What the catalog says now of one part of a machine; null where it is gone.
--
-- Reads the catalog alone, one part by its index. Names and not numbers go in: those of columns and
-- functions change with a dump.

create or replace function interlock.guarded_fact(p_kind text, p_relation oid, p_name text)
    returns text
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    case p_kind
        when 'table', 'other' then
            return (
                select n.nspname || '.' || c.relname
                from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
                where c.oid = p_relation
            );
        when 'persistence' then
            return (select c.relpersistence::text from pg_class as c where c.oid = p_relation);
        when 'owner' then
            return (
                select pg_get_userbyid(c.relowner)::text from pg_class as c where c.oid = p_relation
            );
        when 'column' then
            return (
                select format_type(a.atttypid, null)
                from pg_attribute as a
                where a.attrelid = p_relation and a.attname = p_name and not a.attisdropped
            );
        when 'label' then
            return (
                select e.enumlabel::text
                from pg_attribute as a
                join pg_type as y on y.oid = a.atttypid
                join pg_enum as e on e.enumtypid in (y.oid, y.typbasetype)
                where
                    a.attrelid = p_relation and not a.attisdropped
                    and p_name = a.attname || ' ' || e.enumlabel
            );
        when 'trigger' then
            return (
                select concat_ws(
                    ' ', t.tgenabled, t.tgtype, n.nspname || '.' || p.proname,
                    t.tgconstraint <> 0, t.tgdeferrable, t.tginitdeferred, t.tgqual is not null,
                    encode(t.tgargs, 'hex'), (
                        select string_agg(a.attname, ',' order by a.attname)
                        from pg_attribute as a
                        where a.attrelid = t.tgrelid and a.attnum = any(t.tgattr)
                    )
                )
                from pg_trigger as t
                join pg_proc as p on p.oid = t.tgfoid
                join pg_namespace as n on n.oid = p.pronamespace
                where t.tgrelid = p_relation and t.tgname = p_name
            );
        when 'check' then
            return (
                select concat_ws(
                    ' ', coalesce(to_jsonb(k) ->> 'conenforced', 'true'),
                    replace(pg_get_constraintdef(k.oid), ' NOT VALID', '')
                )
                from pg_constraint as k
                where k.conrelid = p_relation and k.contype = 'c' and k.conname = p_name
            );
        when 'index' then
            return (
                select concat_ws(
                    ' ', i.indisunique, i.indisexclusion, i.indimmediate,
                    i.indisvalid and i.indisready and i.indislive, pg_get_indexdef(k.oid)
                )
                from pg_class as k
                join pg_index as i on i.indexrelid = k.oid
                where i.indrelid = p_relation and k.relname = p_name
            );
        when 'function' then
            return (
                select string_agg(
                    concat_ws(
                        ' ', oidvectortypes(p.proargtypes), p.prosecdef, p.provolatile,
                        array_to_string(p.proconfig, ';'), pg_get_userbyid(p.proowner),
                        md5(p.prosrc)
                    ),
                    '|' order by oidvectortypes(p.proargtypes)
                )
                from pg_proc as p
                join pg_namespace as n on n.oid = p.pronamespace
                where
                    n.nspname = split_part(p_name, '.', 1)
                    and p.proname = substr(p_name, strpos(p_name, '.') + 1)
            );
        else
            return null;
    end case;
end;
$$;

comment on function interlock.guarded_fact(text, oid, text) is
'What the catalog says now of one part of a machine; null where it is gone.';

revoke execute on function interlock.guarded_fact(text, oid, text) from public;
