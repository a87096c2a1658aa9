-- The event triggers of ours, as the server stores them.

select
    e.evtname::text as trigger_name,
    e.evtevent::text as event,
    e.evtenabled::text as enabled,
    n.nspname || '.' || p.proname as function_name,
    coalesce(array_to_string(e.evttags, ', '), '') as tags
from pg_catalog.pg_event_trigger as e
join pg_catalog.pg_proc as p on p.oid = e.evtfoid
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where starts_with(e.evtname::text, 'interlock_tripwire_');
