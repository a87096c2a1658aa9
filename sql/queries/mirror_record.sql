-- Write into the journal that rows of another table were set to what a mirror says.

insert into interlock.journal (machine_name, event, detail)
values (
    %(machine)s, 'mirror',
    jsonb_build_object('mirror', %(mirror)s::text, 'table', %(relation)s::text, 'keys', %(keys)s::jsonb)
)
returning id;
