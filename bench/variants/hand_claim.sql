-- One guest in one room, by hand.

create unique index hand_claim on booking (assigned_room_id) where status = 'CHECKED_IN';
