-- Follow what DDL has given another name: the table of a machine, or a column that it names.
--
-- Triggers, CHECKs and indexes follow by themselves; compiled functions and the registry name things,
-- and are written anew. Only where apply has proved that this gives what the compiler would write,
-- and nothing else of the machine has changed; else it is left to interlock.trip, which refuses.

create or replace function interlock.follow_names(p_machine text, p_command text)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_table  record;
    v_column record;
begin
    select m.schema_name, m.table_name, n.nspname::text as new_schema, c.relname::text as new_name
    into v_table
    from interlock.machine as m
    join interlock.guarded as g on g.machine_name = m.machine_name and g.kind = 'table'
    join pg_class as c on c.oid = g.relation
    join pg_namespace as n on n.oid = c.relnamespace
    where
        m.machine_name = p_machine and not g.is_lost
        and g.facts = m.schema_name || '.' || m.table_name
        and (c.relname = m.table_name or g.followed ~ 'name')
        and (n.nspname = m.schema_name or g.followed ~ 'schema')
        and (c.relname <> m.table_name or n.nspname <> m.schema_name);
    if found then
        perform interlock.follow_one(
            p_machine, p_command, 'table', array[v_table.schema_name, v_table.table_name],
            array[v_table.new_schema, v_table.new_name]
        );
    end if;
    for v_column in
        select g.name, a.attname::text as new_name
        from interlock.guarded as g
        join interlock.machine as m on m.machine_name = g.machine_name and m.table_oid = g.relation
        join pg_attribute as a on
            a.attrelid = g.relation and not a.attisdropped
            and g.place = concat_ws(
                ' ', g.relation::oid, 'interlock.guarded'::regclass::oid, a.attnum
            )
        where
            g.machine_name = p_machine and g.kind = 'column' and g.followed = 'name'
            and not g.is_lost and a.attname <> g.name
            and format_type(a.atttypid, null) = g.facts
            -- The catalog was written in this transaction.
            and age(a.xmin) <= age(pg_current_xact_id()::xid)
    loop
        perform interlock.follow_one(
            p_machine, p_command, 'column', array[v_column.name], array[v_column.new_name]
        );
    end loop;
end;
$$;

comment on function interlock.follow_names(text, text) is
'Follows what DDL has given another name: the table of a machine, or a column that it names.';

revoke execute on function interlock.follow_names(text, text) from public;
