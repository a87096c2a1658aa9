-- Write one machine under the new name of its table or of a column: functions, registry, record.
--
-- p_old and p_new are schema and name of a table, or the name of a column. Nothing is done, and so
-- the rename is refused, where a name is no plain word, where a function is not as it was recorded, or
-- where the owner of schema interlock may not write it. One that names things in messages alone is
-- left to apply then.

create or replace function interlock.follow_one(
    p_machine text, p_command text, p_what text, p_old text[], p_new text[]
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_schema   constant boolean := p_what = 'table' and p_old[1] <> p_new[1]
        and to_regnamespace(p_old[1]) is null;
    v_taken    boolean;
    v_it       record;
begin
    v_taken := p_what = 'column' and exists (
        select from interlock.machine as m
        where
            m.machine_name = p_machine
            and interlock.renamed_column(m.definition::text, p_new[1], p_old[1]) <> m.definition::text
    );
    if exists (
        select from unnest(p_old || p_new) as w (word) where w.word !~ '^[a-z_][a-z0-9_]*$'
    )
        or p_what = 'column' and exists (
            select from pg_get_keywords() as k where k.word = p_new[1] and k.catcode <> 'U'
        )
        or exists (
            select from interlock.guarded as g
            where
                g.machine_name = p_machine and g.kind = 'function' and (
                    g.is_lost
                    or g.facts is distinct from interlock.guarded_fact(
                        g.kind, g.relation, case
                            when v_schema and starts_with(g.name, p_old[1] || '.')
                                then p_new[1] || substr(g.name, length(p_old[1]) + 1)
                            else g.name
                        end
                    )
                )
        )
    then
        return;
    end if;
    if v_schema then
        update interlock.guarded as g
        set name = p_new[1] || substr(g.name, length(p_old[1]) + 1)
        where
            g.machine_name = p_machine and g.kind = 'function'
            and starts_with(g.name, p_old[1] || '.');
    end if;
    perform interlock.let_through(p_machine);
    for v_it in
        select
            p.prosrc,
            left(d.full_text, strpos(d.full_text, e'\nAS $function') - 1) as head,
            case p_what
                when 'table' then interlock.renamed_table(p.prosrc, p_old, p_new, v_schema)
                else interlock.renamed_column(p.prosrc, p_old[1], p_new[1])
            end as body,
            case p_what
                when 'table' then interlock.renamed_table(p.prosrc, p_new, p_old, v_schema)
                else interlock.renamed_column(p.prosrc, p_new[1], p_old[1])
            end <> p.prosrc as is_taken,
            g.followed is not distinct from 'words' and not (
                has_schema_privilege(p.pronamespace, 'create')
                and has_schema_privilege(p.pronamespace, 'usage')
                and pg_has_role(p.proowner, 'usage')
            ) as is_left
        from interlock.guarded as g
        join pg_proc as p on true
        join pg_namespace as n on n.oid = p.pronamespace and g.name = n.nspname || '.' || p.proname
        cross join lateral pg_get_functiondef(p.oid) as d (full_text)
        where g.machine_name = p_machine and g.kind = 'function'
    loop
        v_taken := v_taken or v_it.is_taken and not v_it.is_left;
        if v_it.body <> v_it.prosrc and not v_it.is_left then
            execute v_it.head || ' AS ' || quote_literal(v_it.body);
        end if;
    end loop;
    delete from interlock.ddl_pass as p
    where p.machine_name = p_machine and p.transaction_id = pg_current_xact_id();
    perform interlock.follow_record(p_machine, p_what, p_old, p_new, v_schema);
    if v_taken then
        -- The new name was in use for something else: what stands for the column is no longer told.
        update interlock.guarded as g set followed = null
        where
            g.machine_name = p_machine and g.kind = p_what
            and g.name = case p_what when 'column' then p_new[1] else '' end;
    end if;
    if p_what = 'table' then
        update interlock.machine as m
        set
            schema_name = p_new[1], table_name = p_new[2],
            definition = jsonb_set(
                m.definition, '{table}', jsonb_build_object('schema', p_new[1], 'name', p_new[2])
            )
        where m.machine_name = p_machine;
    else
        update interlock.machine as m
        set
            state_column = case m.state_column when p_old[1] then p_new[1] else m.state_column end,
            definition = interlock.renamed_column(m.definition::text, p_old[1], p_new[1])::jsonb
        where m.machine_name = p_machine;
        update interlock.transition as t
        set guard = interlock.renamed_column(t.guard, p_old[1], p_new[1])
        where t.machine_name = p_machine;
        update interlock.rule as r
        set
            rule_name = interlock.renamed_column(r.rule_name, p_old[1], p_new[1]),
            predicate = interlock.renamed_column(r.predicate, p_old[1], p_new[1])
        where r.machine_name = p_machine;
    end if;
    update interlock.machine as m set version = m.version + 1 where m.machine_name = p_machine;
    insert into interlock.machine_version (machine_name, version, mode, after_entry, definition)
    select
        m.machine_name, m.version, m.mode,
        (
            select v.after_entry from interlock.machine_version as v
            where v.machine_name = p_machine
            order by v.version desc limit 1
        ),
        m.definition
    from interlock.machine as m
    where m.machine_name = p_machine;
    insert into interlock.journal (machine_name, event, detail)
    values (
        p_machine, 'followed', jsonb_build_object(
            'command', p_command, 'what', p_what, 'from', array_to_string(p_old, '.'),
            'to', array_to_string(p_new, '.')
        )
    );
exception
    when insufficient_privilege then
        return;
end;
$$;

comment on function interlock.follow_one(text, text, text, text[], text[]) is
'Writes one machine under the new name of its table or of a column.';

revoke execute on function interlock.follow_one(text, text, text, text[], text[]) from public;
