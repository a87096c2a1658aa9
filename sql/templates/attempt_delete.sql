-- A forbidden delete of one row, sought among the first ten thousand; whoever runs it rolls back.

delete from :relation as t
where
    (t.tableoid, t.ctid) = (
        select r.interlock_relation, r.interlock_place
        from (
            select x.*, x.tableoid as interlock_relation, x.ctid as interlock_place
            from :relation as x
            limit 10000
        ) as r
        where :state_sql = :'state'
        limit 1
    )
