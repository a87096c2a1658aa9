-- What machines have lost of what the tripwire holds them against.

select
    m.machine_name,
    array(select l.told from interlock.guarded_losses(m.machine_name) as l order by l.told) as losses,
    exists (
        select from interlock.guarded as g where g.machine_name = m.machine_name and g.kind = 'table'
    ) as is_watched,
    exists (
        select from interlock.guarded as g where g.machine_name = m.machine_name and g.is_lost
    ) as is_lost
from interlock.machine as m
order by m.machine_name;
