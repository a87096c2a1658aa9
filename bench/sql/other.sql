-- One update, by key, of a column that no rule speaks of.

update booking set note = 'arrives after midnight' where id = %(id)s;
