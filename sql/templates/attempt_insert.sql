-- A forbidden insert of a copy of one row; whoever runs it rolls back.

insert into :relation (:columns)
overriding system value
select :expressions
from (select * from :relation limit 10000) as r
where :state_sql = :'state'
limit 1
