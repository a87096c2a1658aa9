-- Keep what the funnel takes, so that exactly that is given back.

delete from interlock.funnel where machine_name = :'machine' and not grantee = any(:grantees);
insert into interlock.funnel (machine_name, grantee, is_grantable, columns)
select
    :'machine',
    t.grantee,
    t.is_grantable,
    t.columns
from (values
:taken
) as t (grantee, is_grantable, columns)
on conflict do nothing;
