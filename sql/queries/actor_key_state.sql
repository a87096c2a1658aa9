-- Whether the keys of signed actors are for their owner alone.

select
    c.relrowsecurity as is_row_security_on,
    exists (select from pg_catalog.pg_policy as p where p.polrelid = c.oid) as has_policy
from pg_catalog.pg_class as c
where c.oid = to_regclass('interlock.actor_key');
