-- Which of the tables that status asks are there, and may be read.

select t.relation_name
from unnest(%(names)s::text[]) as t (relation_name)
where pg_catalog.has_table_privilege(to_regclass('interlock.' || t.relation_name), 'select');
