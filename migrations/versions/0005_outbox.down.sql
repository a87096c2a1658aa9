-- Take the cursors away: their consumers begin anew.

set local lock_timeout = '2s';

drop table interlock.outbox_cursor;
