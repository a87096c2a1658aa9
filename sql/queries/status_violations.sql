-- How many writes of the last day broke a rule and went through, by machine; counted up to a limit.

select
    r.machine_name as machine,
    sum(v.write_count)::bigint as write_count
from (select distinct r.machine_name, r.code from interlock.rule as r) as r
cross join lateral (
    select count(*) as write_count
    from (
        select
        from interlock.violation as v
        where
            v.machine_name = r.machine_name
            and v.code = r.code
            and v.at > now() - interval '24 hours'
        limit %(most)s
    ) as found
) as v
group by r.machine_name;
