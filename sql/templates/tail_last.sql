-- The last id of a history, and which ids are missing before it: those may come still.

select
    g.id,
    g.before + 1 as low,
    g.id - 1 as high
from (
    select
        a.id,
        coalesce(
            lag(a.id) over (order by a.id),
            (select max(b.id) from interlock.:"audit_name" as b where b.id < a.id), 0
        ) as before,
        max(a.id) over () as last
    from interlock.:"audit_name" as a
    where a.id > (select coalesce(max(c.id), 0) - %(reach)s from interlock.:"audit_name" as c)
) as g
where g.id > g.before + 1 or g.id = g.last
order by g.id
