-- Take the seals away, and what they need.

set local lock_timeout = '2s';

drop table interlock.retained;
drop table interlock.erasure;
drop table interlock.seal_chunk;
drop table interlock.seal_tree;
drop table interlock.seal;
