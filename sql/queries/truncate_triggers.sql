-- The triggers of ours that refuse, or record, a truncate.

select
    t.tgrelid::regclass::text as relation,
    pg_catalog.quote_ident(t.tgname) as trigger_name
from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_proc as p on p.oid = t.tgfoid
inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname = 'interlock' and t.tgtype & 32 = 32 and not t.tgisinternal
order by 1, 2;
