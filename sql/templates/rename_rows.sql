-- By hand in one transaction; interlock apply does it in small ones.

update :relation
set :"state_column" = :'new_name'
where :"state_column" = :'old_name';
