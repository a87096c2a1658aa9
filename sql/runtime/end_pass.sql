-- End a pass: look whether the machine is whole, when its transaction commits.
--
-- Fires    after insert on interlock.ddl_pass, deferred
-- Raises   23514 where the machine is not whole
--
-- Who asks for it early (set constraints) ends the pass early. It runs as the owner, for whoever
-- commits may have changed his role meanwhile.

create or replace function interlock.end_pass()
    returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    delete from interlock.ddl_pass as p
    where p.transaction_id = new.transaction_id and p.machine_name = new.machine_name;
    perform interlock.trip(new.machine_name, 'COMMIT');
    return null;
end;
$$;

comment on function interlock.end_pass() is
'Trigger function: looks whether a machine is whole when what changed it commits.';

revoke execute on function interlock.end_pass() from public;
