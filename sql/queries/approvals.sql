-- What approvals say that moves have taken.

select
    a.approval_id as id,
    a.at,
    a.actor,
    a.signed_by,
    a.reason,
    a.session_role,
    a.set_role
from interlock.approval as a
where a.approval_id = any(%(numbers)s)
order by a.approval_id;
