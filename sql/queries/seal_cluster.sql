-- Which server this is; on a standby the same as on its primary. Asks for nothing that a standby
-- cannot give, such as the id of a transaction.

select c.system_identifier::text as cluster
from pg_control_system() as c;
