-- Tell of a refusal, as a client.

select interlock.keep_refusal(
    %(detail)s::jsonb, %(message)s, p_statement => %(statement)s,
    p_actor => %(actor)s, p_reason => %(reason)s
) as is_kept;
