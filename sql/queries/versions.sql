-- Every version of a machine, and where its history begins to count.

select
    v.version,
    v.after_entry,
    v.definition,
    encode(sha256(convert_to(v.definition::text, 'UTF8')), 'hex') as definition_sha256,
    (
        select j.detail ->> 'definition_sha256'
        from interlock.journal as j
        where
            j.machine_name = v.machine_name
            and j.event in ('install', 'change', 'mode')
            and j.detail -> 'version' = to_jsonb(v.version)
        order by j.id
        limit 1
    ) as journal_sha256,
    m.adopted_after,
    m.adopted_rows,
    m.adopted_digest
from interlock.machine as m
join interlock.machine_version as v on v.machine_name = m.machine_name
where m.machine_name = %(machine)s
order by v.version;
