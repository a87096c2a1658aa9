-- %(count)s entries more for %(keys)s keys, in the order of time, as the triggers would have written them.

insert into interlock.booking_audit (key_id, kind, event, from_state, to_state, statement)
select
    g.n * 7919 %% %(keys)s::bigint + 1,
    'move',
    case when g.n %% 2 = 0 then 'request_approval' else 'send_back' end,
    case when g.n %% 2 = 0 then 'PENDING' else 'PENDING_APPROVAL' end,
    case when g.n %% 2 = 0 then 'PENDING_APPROVAL' else 'PENDING' end,
    'update booking set status = ''PENDING_APPROVAL'' where id = $1'
from generate_series(1::bigint, %(count)s::bigint) as g (n);
