-- The schema of ours. Everyone may look names up in it; what may be read or called is granted one
-- by one.

create schema interlock :authorization;
grant usage on schema interlock to public;
comment on schema interlock is 'State integrity rules and their evidence. Owned by pginterlock.';
