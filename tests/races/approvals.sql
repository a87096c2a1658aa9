-- What becomes of approvals is told as what becomes of rows is: once schema interlock is there.

do $$
begin
    execute format('grant usage on sequence inn.tick to %I', (
        select c.relowner::regrole from pg_catalog.pg_class as c
        where c.oid = 'interlock.approval'::regclass
    ));
end;
$$;

create trigger zzz_tell
    after insert or update or delete on interlock.approval
    for each row execute function inn.tell();
alter table interlock.approval enable always trigger zzz_tell;
