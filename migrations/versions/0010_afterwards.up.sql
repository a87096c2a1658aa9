-- Old rows are judged and counted after a machine is armed, when nobody waits for it any more.

set local lock_timeout = '2s';

alter table interlock.machine
    add column judged text,
    alter column adopted_rows drop not null,
    alter column adopted_digest drop not null;

comment on column interlock.machine.judged is
'The digest of the row rules by which all old rows were judged last; null: not by these yet.';
comment on column interlock.machine.adopted_rows is
'How many rows were there before the machine, and so have no birth; null: not counted yet.';
