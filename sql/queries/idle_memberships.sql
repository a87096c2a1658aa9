-- Owners whose member we are without having their rights: inherit is off, or set role is.
--
-- The owner of schema interlock first; with "with_tables" those of guarded tables, and of the tables
-- named. Of a table no role is taken: its owner's rights must be inherited, and that is all.

with owning as (
    select n.nspowner as role_oid, true as is_taken
    from pg_catalog.pg_namespace as n
    where n.nspname = 'interlock'
    union
    select r.oid, true
    from pg_catalog.pg_roles as r
    where r.rolname = 'interlock_owner' and to_regnamespace('interlock') is null
    union
    select c.relowner, false
    from pg_catalog.pg_class as c
    where
        %(with_tables)s
        and exists (
            select from pg_catalog.pg_trigger as t
            where t.tgrelid = c.oid and starts_with(t.tgname::text, 'interlock_')
        )
    union
    select c.relowner, false
    from unnest(%(tables)s::text[]) as g (name)
    join pg_catalog.pg_class as c on c.oid = to_regclass(g.name)
),

held as (
    select
        o.role_oid,
        bool_or(o.is_taken) as is_taken,
        pg_catalog.pg_has_role(o.role_oid, 'usage') as is_inherited,
        case
            when current_setting('server_version_num')::integer >= 160000
                then pg_catalog.pg_has_role(o.role_oid, 'set')
            else true
        end as may_be_taken
    from owning as o
    where pg_catalog.pg_has_role(o.role_oid, 'member')
    group by o.role_oid
)

select
    h.role_oid::regrole::text as owner_name,
    h.is_inherited,
    us.oid::regrole::text as member_name,
    us.rolinherit as does_inherit,
    current_setting('server_version_num')::integer >= 160000 as is_by_grant
from held as h
cross join pg_catalog.pg_roles as us
where
    us.rolname = current_user
    and (not h.is_inherited or (h.is_taken and not h.may_be_taken))
order by h.is_taken desc, h.role_oid asc;
