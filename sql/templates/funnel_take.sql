-- Take the update of the table, and leave that of its free columns, and fire.

revoke update on :relation from :grantee cascade;
grant update (:columns) on :relation to :grantee :option;
grant execute on function :function to :grantee;
