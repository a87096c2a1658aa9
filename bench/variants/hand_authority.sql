-- Who may check in, by hand.

create function hand_authority() returns trigger language plpgsql as $$
begin
    if not pg_has_role(current_user, 'pg_monitor', 'member') then
        raise exception 'not for %', current_user;
    end if;
    return null;
end;
$$;
create trigger hand_authority after update on booking
for each row when (old.status = 'CONFIRMED' and new.status = 'CHECKED_IN')
execute function hand_authority();
