-- Which renames a machine has followed, the first one first: what, its old name and its new one.

select
    j.detail ->> 'what' as what,
    j.detail ->> 'from' as old_name,
    j.detail ->> 'to' as new_name
from interlock.journal as j
where j.event = 'followed' and j.machine_name = %(machine)s
order by j.id;
