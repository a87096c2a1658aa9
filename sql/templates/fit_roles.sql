-- What keeps a machine from being held: roles that it names, and that are not there.

select format('role %L does not exist', r.role_name)
from unnest(:roles) as r (role_name)
where not exists (select from pg_catalog.pg_roles as o where o.rolname = r.role_name);
