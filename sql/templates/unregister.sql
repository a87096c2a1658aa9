-- Take a machine out of the registry; its versions and its journal stay.

insert into interlock.journal (machine_name, event)
select m.machine_name, 'uninstall' from interlock.machine as m where m.machine_name = :'machine';
delete from interlock.machine where machine_name = :'machine';
