-- The tables that random sessions write to, and triggers that tell what became of each write.
--
-- A notice reaches the client also when the statement fails: so every refusal can be judged by the
-- very row that it spoke of. The first trigger runs before ours, the last one after.

create schema inn;

create table inn.booking (
    id          bigint      not null,
    status      text,
    room        integer,
    starts      integer     not null,
    ends        integer     not null,
    desk        integer,
    paid        integer,
    guests      integer,
    note        integer,
    held_at     timestamptz,
    arrived_at  timestamptz,
    left_at     timestamptz,
    lost_at     timestamptz,

    constraint booking_pk primary key (id)
);

create table inn.room (
    number integer not null,
    taken  boolean not null default false,
    shut   boolean not null default false,

    constraint room_pk primary key (number)
);

insert into inn.room
select number from generate_series(1, 3) as r (number);

create sequence inn.tick;

create function inn.tell() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    raise notice '%', jsonb_build_array(
        tg_when, tg_op, nextval('inn.tick'), to_jsonb(old), to_jsonb(new), now(), tg_table_name
    );
    if tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end;
$$;

create trigger aaa_tell
    before insert or update or delete on inn.booking
    for each row execute function inn.tell();

create trigger zzz_tell
    after insert or update or delete on inn.booking
    for each row execute function inn.tell();

create trigger aaa_tell
    before insert or update or delete on inn.room
    for each row execute function inn.tell();

create trigger zzz_tell
    after insert or update or delete on inn.room
    for each row execute function inn.tell();

do $$
declare
    v_role text;
begin
    foreach v_role in array array[
        'inn_app', 'inn_night', 'inn_day', 'inn_late', 'inn_desk', 'inn_audit', 'inn_clerk',
        'inn_judge'
    ] loop
        if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_role) then
            execute format('create role %I login', v_role);
        end if;
        execute format('grant usage on schema inn to %I', v_role);
        execute format('grant select on inn.booking, inn.room to %I', v_role);
        execute format('grant usage on sequence inn.tick to %I', v_role);
        -- Who may not write the table approves without its row's lock.
        if v_role <> 'inn_judge' then
            execute format('grant insert, update, delete on inn.booking, inn.room to %I', v_role);
        end if;
    end loop;
    grant inn_desk, inn_clerk, inn_judge to inn_app, inn_day;
    grant inn_audit, inn_clerk, inn_judge to inn_night, inn_late;
end;
$$;
