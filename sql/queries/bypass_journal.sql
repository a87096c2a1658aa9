-- Bypasses that stand in only one of table and journal, or not in both as the same.

select
    coalesce(b.bypass_id, j.bypass_id) as bypass_id,
    b.bypass_id is not null as is_there,
    j.bypass_id is not null as is_told
from (
    select b.* from interlock.bypass as b where b.machine_name = %(machine)s
) as b
full join (
    select
        (o.detail ->> 'bypass_id')::bigint as bypass_id,
        o.detail,
        o.session_role,
        (
            select (c.detail ->> 'closed_at')::timestamptz
            from interlock.journal as c
            where
                c.machine_name = o.machine_name
                and c.event = 'bypass_close'
                and c.detail -> 'bypass_id' = o.detail -> 'bypass_id'
            order by c.id
            limit 1
        ) as closed_at
    from interlock.journal as o
    where o.machine_name = %(machine)s and o.event = 'bypass_open'
) as j on b.bypass_id = j.bypass_id
where (
    b.role_name = j.detail ->> 'role_name'
    and b.kind = j.detail ->> 'kind'
    and b.is_group = (j.detail ->> 'is_group')::boolean
    and b.reason = j.detail ->> 'reason'
    and b.opened_by = j.session_role
    and b.opened_at = (j.detail ->> 'opened_at')::timestamptz
    and b.until_at = (j.detail ->> 'until_at')::timestamptz
    and b.closed_at is not distinct from j.closed_at
) is not true
order by 1;
