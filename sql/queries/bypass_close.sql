-- Close a bypass; whether it was open.

select interlock.close_bypass(%(bypass_id)s) as is_closed;
