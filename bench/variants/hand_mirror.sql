-- The mirror by hand: a trigger that locks the room, counts, and writes it.

create index booking_occupies on booking (assigned_room_id) where status = 'CHECKED_IN';
create function hand_mirror() returns trigger language plpgsql as $$
begin
    if (old.status = 'CHECKED_IN') is distinct from (new.status = 'CHECKED_IN')
        or new.status = 'CHECKED_IN' and old.assigned_room_id is distinct from new.assigned_room_id
    then
        perform from room as r where r.id in (old.assigned_room_id, new.assigned_room_id)
        order by r.id for no key update;
        update room as r
        set is_occupied = exists (
            select from booking as b
            where b.assigned_room_id = r.id and b.status = 'CHECKED_IN'
        )
        where r.id in (old.assigned_room_id, new.assigned_room_id);
    end if;
    return null;
end;
$$;
create trigger hand_mirror after update on booking for each row execute function hand_mirror();
