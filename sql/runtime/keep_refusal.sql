-- Keep that a write was refused, as its client or the server's log tells of it.
--
-- The refusal itself rolled back all that the database could have kept. So this is a report: what is
-- in it was said by whoever may call this, and only its last columns (who handed it in, from where)
-- are facts. It runs as the owner of schema interlock, who alone may write there; nobody may execute
-- it until it is granted. Returns whether it was new: a report with the same digest is kept once.

create or replace function interlock.keep_refusal(
    p_detail jsonb,
    p_message text,
    p_source text default 'client',
    p_occurred_at timestamptz default null,
    p_statement text default null,
    p_actor text default null,
    p_reason text default null,
    p_writer_role text default null,
    p_writer_application text default null,
    p_digest bytea default null
)
    returns boolean
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into interlock.refusal (
        source, occurred_at, machine_name, code, rule_name, key, event, from_state, to_state, message,
        actor, reason, writer_role, writer_application, statement, digest
    )
    values (
        p_source,
        least(coalesce(p_occurred_at, clock_timestamp()), clock_timestamp()),
        left(coalesce(p_detail ->> 'machine', ''), 63),
        coalesce(p_detail ->> 'code', ''),
        left(coalesce(p_detail ->> 'rule', ''), 63),
        case
            when octet_length((p_detail -> 'key')::text) <= 2000
                then nullif(p_detail -> 'key', 'null')
        end,
        left(p_detail ->> 'event', 200),
        left(p_detail ->> 'from', 200),
        left(p_detail ->> 'to', 200),
        left(coalesce(p_message, ''), 2000),
        left(p_actor, 200), left(p_reason, 2000),
        left(p_writer_role, 63), left(p_writer_application, 200),
        case
            when octet_length(p_statement) > 2000
                then left(p_statement, 1500) || ' ... ' || right(p_statement, 500)
            else p_statement
        end,
        coalesce(p_digest, sha256(convert_to(gen_random_uuid()::text, 'UTF8')))
    )
    on conflict (digest) do nothing;
    return found;
end;
$$;

comment on function interlock.keep_refusal(
    jsonb, text, text, timestamptz, text, text, text, text, text, bytea
) is 'Keeps that a write was refused, as its client or the server log tells of it.';

revoke execute on function interlock.keep_refusal(
    jsonb, text, text, timestamptz, text, text, text, text, text, bytea
) from public;
