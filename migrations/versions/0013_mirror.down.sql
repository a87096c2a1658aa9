-- Recorded is then what a statement broke, and nothing that a commit finds.

set local lock_timeout = '2s';

alter table interlock.violation
    alter column statement set default left(current_query(), 2000);

comment on column interlock.violation.statement is null;
