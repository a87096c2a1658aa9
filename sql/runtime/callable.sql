-- Find the compiled function of a machine, ready to be written into a statement.
--
-- Raises   22023

create or replace function interlock.callable(p_machine text, p_what text)
    returns text
    language plpgsql
    stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := concat(p_machine, '_', p_what);
begin
    if exists (
        select from pg_proc as p
        where p.pronamespace = 'interlock'::regnamespace and p.proname = v_name
            and p.proargnames[1] = 'p_key'
    ) then
        return format('interlock.%I', v_name);
    end if;
    perform interlock.refuse_unknown('machine', p_machine, array(
        select left(p.proname, -length(p_what) - 1)
        from pg_proc as p
        where p.pronamespace = 'interlock'::regnamespace
            and p.proname like concat('%\_', p_what)
            and p.proargnames[1] = 'p_key'
        order by 1
    ));
end;
$$;

comment on function interlock.callable(text, text) is
'Finds the compiled function of a machine, such as booking_fire.';

grant execute on function interlock.callable(text, text) to public;
