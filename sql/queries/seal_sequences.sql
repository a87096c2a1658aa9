-- The last id that was given out to each relation.

select
    r.name as relation_name,
    coalesce(pg_sequence_last_value(
        pg_get_serial_sequence('interlock.' || quote_ident(r.name), 'id')::regclass
    ), 0) as last_id
from unnest(%(relations)s::text[]) as r (name);
