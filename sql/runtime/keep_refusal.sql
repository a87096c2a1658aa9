-- Keep the word of a client, or of a reader of the log, that a write was refused.
--
-- It is a report and no fact: who may call this can tell anything, and so it stands apart from the
-- history. Only who is granted it may call it; it runs as the owner of the schema, who alone
-- writes there.

create or replace function interlock.keep_refusal(
    p_detail jsonb, p_message text, p_statement text default null, p_actor text default null,
    p_reason text default null, p_source text default 'client', p_at timestamptz default null,
    p_role text default null, p_application text default null, p_identity text default null
)
    returns boolean
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into interlock.refusal (
        occurred_at, source, machine_name, code, rule_name, key, from_state, to_state, event,
        message, actor, reason, role_name, application_name, statement, identity
    )
    values (
        coalesce(p_at, clock_timestamp()), p_source,
        left(p_detail ->> 'machine', 100), p_detail ->> 'code', left(p_detail ->> 'rule', 100),
        p_detail -> 'key', left(p_detail ->> 'from', 200), left(p_detail ->> 'to', 200),
        left(p_detail ->> 'event', 200), left(p_message, 2000), left(p_actor, 200),
        left(p_reason, 2000), left(coalesce(p_role, session_user), 63),
        left(coalesce(p_application, current_setting('application_name')), 200),
        coalesce(left(p_statement, 1500) || case
            when length(p_statement) > 2000 then ' ... ' || right(p_statement, 500)
            else substr(p_statement, 1501)
        end, ''),
        p_identity
    )
    on conflict (identity) do nothing;
    return found;
end;
$$;

comment on function interlock.keep_refusal(
    jsonb, text, text, text, text, text, timestamptz, text, text, text
) is 'Keeps the word of a client, or of a reader of the log, that a write was refused.';

revoke execute on function interlock.keep_refusal(
    jsonb, text, text, text, text, text, timestamptz, text, text, text
) from public;
