case
    when a.kind not in ('bypass', 'imported', 'lifted', 'lifted birth', 'lifted death') then a.kind
    -- No guard writes these words: whoever did would have them judged as ours.
    when a.kind not in ('bypass', 'imported') then 'not lifted'
    -- Judged between the start of its transaction and the clock of its entry; a closing counts from
    -- its commit on, which comes after its clock.
    when not exists (
        select from interlock.bypass as b
        where b.machine_name = :'machine'
            and b.kind = case a.kind when 'imported' then 'import' else 'moves' end
            and (b.is_group or b.role_name = a.session_role)
            and a.clock_at >= b.opened_at
            and a.at < least(b.until_at, b.closed_at + interval '1 minute')
    ) then 'not lifted'
    when a.from_state is null then 'lifted birth'
    when a.to_state is null then 'lifted death'
    else 'lifted'
end
