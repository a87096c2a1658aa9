-- Say whether this transaction may make a change that a rule of moves refuses, and as what.
--
-- Reads    interlock.backfill_pass, which only members of the owner can write
--
-- Runs as the owner of schema interlock, for who writes a row may not read there; it tells of the
-- transaction that asks, and no more. Null is the answer to all but a backfill: refused. A trigger
-- of the table that writes more rows is refused too. Row rules never ask.

create or replace function interlock.lifted(p_machine text, p_rule text)
    returns text
    language plpgsql
    stable
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_trigger_depth() = 1
        and p_rule in ('transition', 'guard', 'freeze', 'attribution', 'stamp', 'entry')
        and exists (
            select from interlock.backfill_pass as p
            where p.transaction_id = pg_current_xact_id_if_assigned()
                and p.machine_name = p_machine
                and p.backend_pid = pg_backend_pid()
        )
    then
        return 'backfill';
    end if;
    return null;
end;
$$;

comment on function interlock.lifted(text, text) is
'Says as what this transaction may make a change that a rule refuses; null: not at all.';

grant execute on function interlock.lifted(text, text) to public;
