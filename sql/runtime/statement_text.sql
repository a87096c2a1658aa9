-- The statement that the client sent, as the history keeps it, where it is long.
--
-- Its two ends (sqlcommenter tags stand at the end), and of a very long one only once a statement:
-- each row would copy all of it, which is quadratic. That it was kept already is remembered in a
-- setting of the transaction: who sets that himself loses the words of his statement, no more.

create or replace function interlock.statement_text()
    returns text
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_moment    constant text := date_part('epoch', statement_timestamp())::text;
    v_statement text;
begin
    if current_setting('interlock.long_statement', true) = v_moment then
        return '(not repeated: long and kept with its first record, or it held a token)';
    end if;
    v_statement := coalesce(current_query(), '');
    if octet_length(v_statement) <= 2000 then
        return v_statement;
    end if;
    if octet_length(v_statement) > 16000 then
        perform set_config('interlock.long_statement', v_moment, true);
    end if;
    return left(v_statement, 1500) || ' ... ' || right(v_statement, 500);
end;
$$;

comment on function interlock.statement_text() is
'The statement of the client as the history keeps it, where it is long.';

revoke execute on function interlock.statement_text() from public;
