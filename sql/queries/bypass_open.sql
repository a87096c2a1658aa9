-- Open a bypass.

select interlock.open_bypass(
    p_machine => %(machine)s, p_reason => %(reason)s, p_for => %(duration)s::interval,
    p_role => %(role)s, p_kind => %(kind)s, p_is_long => %(is_long)s
) as bypass_id;
