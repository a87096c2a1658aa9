-- Write a retention into the journal, and what replay and seals need of it.

with kept as (
    insert into interlock.journal (machine_name, event, detail)
    values (
        %(machine)s, 'retain',
        jsonb_build_object(
            'month', %(month)s::text,
            'retain', %(retain)s::text,
            'entries', %(entry_count)s::bigint,
            'upto_entry', %(upto_id)s::bigint,
            'tree_roots', %(roots)s::jsonb,
            'adopted_rows', %(adopted_rows)s::bigint,
            'adopted_digest', %(adopted_digest)s::numeric
        )
    )
    returning id
)

insert into interlock.retained (relation_name, month, entry_count, upto_id, journal_id)
select %(relation)s, %(month)s::date, %(entry_count)s, %(upto_id)s, k.id
from kept as k
returning journal_id;
