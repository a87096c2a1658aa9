-- Settings that a value's text could depend on; and what long scans need.

set local client_encoding = 'UTF8';
set local search_path = '';
set local timezone = 'UTC';
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres';
set local extra_float_digits = 1;
set local bytea_output = 'hex';
set local lc_monetary = 'C';
set local xmlbinary = 'base64';
set local quote_all_identifiers = off;
set local standard_conforming_strings = on;
set local row_security = off;
set local jit = off;
set local enable_hashagg = off;
set local work_mem = '128MB';
