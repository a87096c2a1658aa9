-- Drop one month of a history: its partition, what lies in the default one, the leaves of its seals.

delete from interlock.:"relation" as a
where
    a.at >= :'month'::timestamp at time zone 'UTC'
    and a.at < (:'month'::date + interval '1 month') at time zone 'UTC';

delete from interlock.seal_chunk as c
where
    c.relation_name = :'history_name'
    and c.month = :'month';
