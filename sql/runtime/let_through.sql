-- Let the DDL of this transaction change a machine; when it commits, the machine must be whole.
--
-- For members of the owner of schema interlock, with their own rights: so does apply. It is bound to
-- the transaction, and no setting. What the machine is made of is recorded anew by interlock.watch;
-- where it is not, it must be as it was, or the commit is refused.

create or replace function interlock.let_through(p_machine text)
    returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into interlock.ddl_pass (machine_name) values (p_machine) on conflict do nothing;
end;
$$;

comment on function interlock.let_through(text) is
'Lets the DDL of this transaction change a machine, which must be whole when it commits.';

revoke execute on function interlock.let_through(text) from public;
