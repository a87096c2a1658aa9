-- Who this session is, where persons must differ: null where that must be proved, and is not.
--
-- The role that logged in: set role does not change it, nor does any function that lends its rights,
-- and a claimed actor is what anybody can claim. Where actors are signed: the actor of the token.

create or replace function interlock.person(p_is_signed boolean)
    returns text
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not p_is_signed then
        return session_user;
    end if;
    return (interlock.read_token(current_setting('interlock.token', true)))[1];
end;
$$;

comment on function interlock.person(boolean) is
'Who this session is, where persons must differ.';

revoke execute on function interlock.person(boolean) from public;
