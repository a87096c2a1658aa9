-- What is sealed: the journal and every history, with its columns as they stand in the database.

with latest as (
    select distinct on (v.machine_name)
        v.machine_name,
        v.definition
    from interlock.machine_version as v
    order by v.machine_name asc, v.version desc
),

wanted as (
    select
        l.machine_name || '_audit' as relation_name,
        l.machine_name,
        l.definition
    from latest as l
    union all
    select 'journal', '', null
)

select
    w.relation_name,
    w.machine_name,
    case
        when jsonb_typeof(w.definition #> '{audit,erasable}') = 'array'
            then array(select jsonb_array_elements_text(w.definition #> '{audit,erasable}'))
        else '{}'
    end as asked,
    w.definition #>> '{audit,retain}' as retain,
    array_agg(a.attname::text order by a.attnum) as names,
    array_agg(format_type(a.atttypid, null) order by a.attnum) as types,
    array_agg(a.attnotnull order by a.attnum) as not_nulls
from wanted as w
join pg_catalog.pg_class as c
    on c.relname = w.relation_name and c.relnamespace = to_regnamespace('interlock')
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p')
group by w.relation_name, w.machine_name, w.definition
order by w.relation_name collate "C";
