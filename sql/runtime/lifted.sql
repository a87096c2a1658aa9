-- Whether a rule is lifted for this write: the kind of entry to write then, else null.
--
-- Asked when a write is about to be refused, and never before: one that is sound pays nothing. The
-- rules of moves can be lifted; those of rows cannot (they are held by a CHECK too, which may read no
-- table), nor what keeps a history together: its keys, its actors, its continuity, a truncate.
--
-- It runs as the owner, who alone reads bypasses for sure, and for everybody, because the triggers
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
    if p_rule not in ('transition', 'birth', 'death', 'guard', 'freeze') then
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
