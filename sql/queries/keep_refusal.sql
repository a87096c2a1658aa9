-- Hand in that a write was refused; false: it was known already.

select interlock.keep_refusal(
    p_detail => %(detail)s::jsonb,
    p_message => %(message)s,
    p_source => %(source)s,
    p_occurred_at => %(occurred_at)s::timestamptz,
    p_statement => %(statement)s,
    p_actor => %(actor)s,
    p_reason => %(reason)s,
    p_writer_role => %(writer_role)s,
    p_writer_application => %(writer_application)s,
    p_digest => decode(%(digest)s, 'hex')
) as is_new;
