-- What DDL has taken from machines that was let through: the latest first.

select
    j.at,
    j.machine_name as machine,
    j.detail ->> 'command' as command,
    j.session_role,
    (j.detail ->> 'bypass_id')::bigint as bypass_id,
    array(select jsonb_array_elements_text(j.detail -> 'losses')) as losses
from interlock.journal as j
where j.event = 'disarmed'
order by j.id desc
limit 20;
