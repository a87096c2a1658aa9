-- A machine whose rows are not counted yet keeps this from going through: interlock apply counts them.

set local lock_timeout = '2s';

alter table interlock.machine
    drop column judged,
    alter column adopted_rows set not null,
    alter column adopted_digest set not null;

comment on column interlock.machine.adopted_rows is
'How many rows were there before the machine, and so have no birth in the history.';
