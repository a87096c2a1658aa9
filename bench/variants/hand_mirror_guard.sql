-- And what refuses everybody else's value, by hand.

create function hand_mirror_guard() returns trigger language plpgsql as $$
begin
    if new.is_occupied is distinct from exists (
        select from booking as b where b.assigned_room_id = new.id and b.status = 'CHECKED_IN'
    ) then
        raise exception 'room % is not so', new.id;
    end if;
    return null;
end;
$$;
create trigger hand_mirror_guard after insert or update on room
for each row execute function hand_mirror_guard();
