-- What machines have lost of what the tripwire holds them against, and what they follow: what, old name
-- and new name of each rename that apply has not seen.

select
    m.machine_name,
    array(select l.told from interlock.guarded_losses(m.machine_name) as l order by l.told) as losses,
    exists (
        select from interlock.guarded as g where g.machine_name = m.machine_name and g.kind = 'table'
    ) as is_watched,
    exists (
        select from interlock.guarded as g where g.machine_name = m.machine_name and g.is_lost
    ) as is_lost,
    f.follows
from interlock.machine as m
cross join lateral (
    select coalesce(
        jsonb_agg(jsonb_build_array(g.facts, g.name, g.followed) order by g.facts, g.name), '[]'
    ) as follows
    from interlock.guarded as g
    where g.machine_name = m.machine_name and g.kind = 'was'
) as f
order by m.machine_name;
