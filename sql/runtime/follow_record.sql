-- Record what the parts of a machine are called after a rename that was followed.
--
-- What the catalog says of a part must be what it said before, but for the new name; where it is not,
-- the part stays as it was recorded, and is a loss. The old name is kept: nothing else may take it.

create or replace function interlock.follow_record(
    p_machine text, p_what text, p_old text[], p_new text[], p_with_schema boolean
)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_relation constant oid := (
        select m.table_oid from interlock.machine as m where m.machine_name = p_machine
    );
    v_was   constant text := array_to_string(p_old, '.');
    v_now   constant text := array_to_string(p_new, '.');
    v_name  text := v_now;
begin
    if p_what = 'column' then
        update interlock.guarded as g
        set name = case g.kind
                when 'column' then p_new[1]
                else p_new[1] || substr(g.name, length(p_old[1]) + 1)
            end
        where
            g.machine_name = p_machine and g.relation = v_relation and (
                g.kind = 'column' and g.name = p_old[1]
                or g.kind = 'label' and starts_with(g.name, p_old[1] || ' ')
            );
    end if;
    update interlock.guarded as g
    set facts = f.now
    from interlock.guarded as o
    cross join lateral interlock.guarded_fact(o.kind, o.relation, o.name) as f (now)
    where
        o.machine_name = p_machine and not o.is_lost
        and o.kind in ('table', 'check', 'index', 'trigger', 'function')
        and g.machine_name = o.machine_name and g.kind = o.kind and g.relation = o.relation
        and g.name = o.name
        and f.now = case
            when o.kind in ('table', 'function') then f.now  -- looked at before
            when p_what = 'column' then interlock.renamed_column(o.facts, p_old[1], p_new[1])
            when o.kind = 'index' then replace(
                o.facts, ' ' || v_was || ' USING ', ' ' || v_now || ' USING '
            )
            when o.kind = 'check' and p_with_schema then replace(
                o.facts, p_old[1] || '.interlock_', p_new[1] || '.interlock_'
            )
            else o.facts
        end;
    -- A name that it had before is free for it again, and for nothing else.
    while v_name <> v_was loop
        select g.followed into v_name
        from interlock.guarded as g
        where
            g.machine_name = p_machine and g.kind = 'was' and g.facts = p_what
            and g.name = v_name;
        exit when not found;
    end loop;
    delete from interlock.guarded as g
    where
        g.machine_name = p_machine and g.kind = 'was' and g.facts = p_what
        and g.name = v_now and v_name = v_was;
    insert into interlock.guarded (machine_name, kind, relation, name, facts, followed)
    values (p_machine, 'was', v_relation, v_was, p_what, v_now)
    on conflict do nothing;
end;
$$;

comment on function interlock.follow_record(text, text, text[], text[], boolean) is
'Records what the parts of a machine are called after a rename that was followed.';

revoke execute on function interlock.follow_record(text, text, text[], text[], boolean) from public;
