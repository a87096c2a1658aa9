-- The role that owns schema interlock: it cannot log in, and no application is a member of it.
--
-- Roles belong to the whole server: another database may be making it at this moment.

do $$
begin
    create role interlock_owner nologin;
exception
    when duplicate_object or unique_violation then
        raise notice 'role interlock_owner is there already';
end;
$$;
