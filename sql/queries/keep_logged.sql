-- Tell of a refusal that a log tells of; one that was told before is not kept again.

select interlock.keep_refusal(
    %(detail)s::jsonb, %(message)s, p_statement => %(statement)s, p_source => 'log',
    p_at => %(at)s::timestamptz, p_role => %(role)s, p_application => %(application)s,
    p_identity => %(identity)s
) as is_kept;
