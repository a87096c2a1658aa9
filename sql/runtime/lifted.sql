-- Whether a rule is lifted for this write: the kind of entry to write then, else null.
--
-- Reads    interlock.backfill_pass and interlock.bypass, which only members of the owner can write
--
-- Asked when a write is about to be refused, and never before: one that is sound pays nothing. The
-- rules of moves can be lifted; those of rows cannot (they are held by a CHECK too, which may read no
-- table), nor what keeps a history together: its keys, its continuity, a truncate. A backfill passes
-- in its own transaction alone; what a trigger of the table writes besides is refused.
--
-- It runs as the owner, who alone reads these tables for sure, and for everybody, because the triggers
-- that fill stamps run as the writer. It tells a session what is open for itself, and no more.

create or replace function interlock.lifted(p_machine text, p_rule text)
    returns text
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_id bigint;
begin
    if p_rule not in (
        'transition', 'birth', 'death', 'guard', 'authority', 'approval', 'freeze', 'stamp', 'entry'
    ) then
        return null;
    end if;
    -- Without its hint a trigger takes a backfill for anybody, and so does this.
    if pg_trigger_depth() = 1
        and current_setting('interlock.lift', true) is not null
        and p_rule not in ('birth', 'death')
        and exists (
            select from interlock.backfill_pass as p
            where p.transaction_id = pg_current_xact_id_if_assigned()
                and p.machine_name = p_machine
                and p.backend_pid = pg_backend_pid()
        )
    then
        return 'backfill';
    end if;
    if p_rule in ('stamp', 'entry') then
        return null;
    end if;
    v_id := interlock.session_bypass(p_machine);
    if v_id is null then
        return null;
    end if;
    return (
        select case b.kind when 'import' then 'imported' else 'bypass' end
        from interlock.bypass as b
        where b.bypass_id = v_id
    );
end;
$$;

comment on function interlock.lifted(text, text) is
'Whether a rule is lifted for this write: the kind of entry to write then, else null.';

grant execute on function interlock.lifted(text, text) to public;
