-- What a machine follows under another name, and where each column was when that was recorded.

set local lock_timeout = '2s';

alter table interlock.guarded add column place text;
alter table interlock.guarded add column followed text;

comment on column interlock.guarded.place is
'Of a column: table, this table and number, as they were; another database has others.';
comment on column interlock.guarded.followed is
'What may change and is followed (name, schema): the compiler proved it. Of an old name, the new one.';
