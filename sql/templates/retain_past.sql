-- The months of one history that are past their retention, with their partition where they have one.

select
    p.month,
    max(p.partition_name) as partition_name,
    (
        select count(*) from interlock.:"relation" as a
        where
            a.at >= p.month::timestamp at time zone 'UTC'
            and a.at < (p.month + interval '1 month') at time zone 'UTC'
    ) as entry_count
from (
    select
        to_date(right(c.relname, 7), 'YYYY_MM') as month,
        c.relname::text as partition_name
    from pg_inherits as i
    join pg_class as c on c.oid = i.inhrelid
    where
        i.inhparent = to_regclass(:'qualified')
        and c.relname ~ '_[0-9]{4}_[0-9]{2}$'
    union all
    select
        date_trunc('month', a.at at time zone 'UTC')::date,
        null
    from interlock.:"default_name" as a
    where a.at < now() - :'retain'::interval
    group by 1
) as p
where (p.month + interval '1 month') at time zone 'UTC' <= now() - :'retain'::interval
group by p.month
order by p.month
