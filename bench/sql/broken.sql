-- One update, by key, that breaks an invariant: the stay has no nights.

update booking set check_out = check_in where id = %(id)s;
