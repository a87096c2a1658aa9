-- A guest checks in, by key.

update booking set status = 'CHECKED_IN' where id = %(id)s;
