-- Judge what DDL has left of one machine: refuse it, or record it and let it through.
--
-- Raises   23514, detail code IL17
--
-- By the result, never by who did it, or with what words. It lets through: a transaction with a pass
-- (its end is judged); a session with an open bypass of the machine; a machine that only observes; a
-- tripwire that only records. All but the first are recorded. What has another name is followed first,
-- where that can be done for certain.

create or replace function interlock.trip(p_machine text, p_command text)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_machine  interlock.machine;
    v_told     text[];
    v_bypass   bigint;
    v_mode     text;
begin
    select m.* into v_machine from interlock.machine as m where m.machine_name = p_machine;
    if not found or exists (
        select from interlock.ddl_pass as p
        where
            p.transaction_id = pg_current_xact_id_if_assigned()
            and p.machine_name = p_machine and p.backend_pid = pg_backend_pid()
    ) then
        return;
    end if;
    perform interlock.follow_partitions(p_machine);
    if p_command <> 'COMMIT' then
        perform interlock.follow_names(p_machine, p_command);
        select m.* into v_machine from interlock.machine as m where m.machine_name = p_machine;
    end if;
    v_told := array(
        select l.told from interlock.guarded_losses(p_machine) as l
        order by l.kind <> 'table', l.kind <> 'column', l.told
    );
    if v_told <> '{}' then
        v_bypass := interlock.session_bypass(p_machine);
        v_mode := coalesce((select t.mode from interlock.tripwire as t), 'refuse');
        if v_bypass is null and v_mode = 'refuse' and v_machine.mode <> 'observe' then
            perform interlock.refuse(
                p_code => 'IL17', p_machine => p_machine, p_rule => 'tripwire',
                p_table => array[v_machine.schema_name, v_machine.table_name], p_column => null,
                p_key => null, p_from => null, p_to => null, p_event => null,
                p_allowed => '{}', p_missing => v_told,
                p_message => format(
                    '%s: %s would disarm the machine: %s', p_machine, p_command, v_told[1]
                    || case when cardinality(v_told) > 1
                        then format(', and %s more', cardinality(v_told) - 1) else '' end
                ),
                p_hint => format(
                    case
                        when v_told[1] ~ '^table [^ ]+ is now |is now called ' then
                            'This name is not followed: `interlock bypass open %s --reason TEXT'
                            ' --for 30m`, rename, change the spec, `interlock apply`'
                        else
                            'Change the spec, then `interlock apply`; or `interlock bypass open %s'
                            ' --reason TEXT --for 30m`'
                    end || '; `interlock uninstall --machine %s` takes it off',
                    p_machine, p_machine
                )
            );
        end if;
        insert into interlock.journal (machine_name, event, detail)
        values (
            p_machine, 'disarmed',
            jsonb_build_object(
                'command', p_command, 'losses', to_jsonb(v_told), 'bypass_id', v_bypass
            )
        );
        insert into interlock.guarded (machine_name, kind, relation, name, facts, is_lost)
        select p_machine, l.kind, l.relation, l.name, '', true
        from interlock.guarded_losses(p_machine) as l
        on conflict on constraint guarded_pk do update set is_lost = true;
    end if;
    -- What has come back is watched again, and what was let in and went is no longer let in.
    update interlock.guarded as g set is_lost = false
    where
        g.machine_name = p_machine and g.is_lost
        and g.facts = interlock.guarded_fact(g.kind, g.relation, g.name);
    delete from interlock.guarded as g
    where
        g.machine_name = p_machine and g.kind in ('rule', 'child', 'constraint', 'grant')
        and not exists (
            select from interlock.openings(p_machine) as o
            where o.kind = g.kind and o.relation = g.relation and o.name = g.name
        );
end;
$$;

comment on function interlock.trip(text, text) is
'Judges what DDL has left of one machine: refuses it, or records it and lets it through.';

revoke execute on function interlock.trip(text, text) from public;
