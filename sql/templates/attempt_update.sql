-- A forbidden update of one row, sought among the first ten thousand; whoever runs it rolls back.

update :relation as t
set :assignment
where
    (t.tableoid, t.ctid) = (
        select r.interlock_relation, r.interlock_place
        from (
            select x.*, x.tableoid as interlock_relation, x.ctid as interlock_place
            from :relation as x
            limit 10000
        ) as r
        where :state_sql = :'state' and (:condition)
        limit 1
    )
