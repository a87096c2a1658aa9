-- Who keeps a waiting session from its lock: sessions, and transactions that were prepared.

select
    a.pid,
    null as gid,
    a.usename::text as user_name,
    a.application_name,
    a.state,
    a.backend_type,
    a.query,
    a.query = '<insufficient privilege>' as is_hidden,
    extract(epoch from clock_timestamp() - a.xact_start) as age_s
from unnest(pg_blocking_pids(%(pid)s)) as b (pid)
join pg_stat_activity as a on a.pid = b.pid
union
select
    null,
    p.gid,
    p.owner::text,
    null,
    null,
    null,
    null,
    false,
    extract(epoch from clock_timestamp() - p.prepared)
from pg_locks as w
join pg_locks as h
    on h.locktype = w.locktype
    and h.database is not distinct from w.database
    and h.relation is not distinct from w.relation
    and h.granted
    and h.pid is null
join pg_locks as x
    on x.locktype = 'transactionid'
    and x.pid is null
    and x.virtualtransaction = h.virtualtransaction
join pg_prepared_xacts as p on p.transaction = x.transactionid
where
    w.pid = %(pid)s
    and not w.granted
order by age_s desc nulls last;
