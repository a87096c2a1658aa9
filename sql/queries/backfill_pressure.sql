-- What a backfill gives way to: how far the slowest replica is behind, and how many are at work.

select
    coalesce((
        select extract(epoch from max(r.replay_lag))
        from pg_catalog.pg_stat_replication as r
    ), 0)::float8 as lag_s,
    (
        select count(*)
        from pg_catalog.pg_stat_activity as a
        where
            a.backend_type = 'client backend'
            and a.state = 'active'
            and a.pid <> pg_catalog.pg_backend_pid()
    )::integer as active_count;
