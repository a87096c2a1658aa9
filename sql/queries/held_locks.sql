-- The locks that this transaction has on tables that were there before it, the strongest of each.

select distinct on (n.nspname, c.relname)
    format('%%s.%%s', n.nspname, c.relname) as table_name,
    replace(l.mode, 'Lock', '') as mode
from pg_locks as l
join pg_class as c on c.oid = l.relation
join pg_namespace as n on n.oid = c.relnamespace
where
    l.pid = pg_backend_pid()
    and l.locktype = 'relation'
    and l.database = (select d.oid from pg_database as d where d.datname = current_database())
    and c.relkind in ('r', 'p')
    and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema')
    and c.oid = any(%(before)s::oid [])
order by
    n.nspname, c.relname, array_position(
        array[
            'AccessExclusive', 'Exclusive', 'ShareRowExclusive', 'Share', 'ShareUpdateExclusive',
            'RowExclusive', 'RowShare', 'AccessShare'
        ], replace(l.mode, 'Lock', '')
    );
