-- Run one write and say what refused it: psql -X -q -v write="update ..." -f refusal.sql
-- psql has no variables for constraint, detail and hint: \errverbose prints them.
\set ON_ERROR_STOP off
\set VERBOSITY terse
:write;
\if :ERROR
\echo sqlstate :LAST_ERROR_SQLSTATE
\errverbose
\endif
