-- A mirror that is only looked at is looked at when the transaction commits, where no statement runs.

set local lock_timeout = '2s';

alter table interlock.violation
    alter column statement set default coalesce(left(current_query(), 2000), '');

comment on column interlock.violation.statement is
'The statement that broke the rule; empty for what a commit found.';
