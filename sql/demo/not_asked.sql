-- What the report names and the spec of the demo does not ask for: these go through before and after.
-- "asks" is what the spec would say to hold it.

-- defect: a room is occupied by nobody
-- writer: room service, room_assignment.py:203
-- code: IL09
-- asks: mirrors: the room follows its guests, and any other write of it is refused
update hotel.room set is_occupied = true where id = 5;
-- proof:
select r.is_occupied from hotel.room as r
where
    r.id = 5
    and not exists (
        select from hotel.room_booking as b
        where b.assigned_room_id = r.id and b.status = 'CHECKED_IN'
    );

-- defect: a role that may not do so marks a no-show
-- writer: any client
-- code: IL05
-- asks: by: a move names the roles that may make it
update hotel.room_booking set status = 'NO_SHOW' where id = 5;
-- proof:
select status = 'NO_SHOW' from hotel.room_booking where id = 5;

-- defect: a paid booking waits for approval, and nothing confirms it
-- writer: payment webhook, payment_views.py:435
-- code: IL16
-- asks: reactions: the payment confirms; deadlines: who waits too long is reported
update hotel.room_booking set payment_captured_at = now() where id = 2;
-- proof:
select status = 'PENDING_APPROVAL' and payment_captured_at is not null
from hotel.room_booking where id = 2;
