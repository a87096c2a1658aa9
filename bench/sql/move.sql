-- One move of the state, by key: a paid booking is confirmed.

update booking set status = 'CONFIRMED' where id = %(id)s;
