-- What a machine has adopted from now on.

update interlock.machine
set adopted_rows = %(rows)s, adopted_digest = %(digest)s
where machine_name = %(machine)s
returning machine_name;
